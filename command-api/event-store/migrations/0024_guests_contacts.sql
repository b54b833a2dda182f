-- Export and erasure of an account take what was given as a guest with its confirmed address, and never what another
-- account gave. So a contact says whether a guest gave it, and has its address in the form in which accounts are found.
--
-- Both begin as constants: no row is rewritten and no checkout waits. What they really are, of rows from before and of those that the
-- release before this one writes while both run, maintenance fills in (`contacts/completing.rs`), which builds the indexes, too.
alter table contacts
    add column is_of_guest boolean not null default false,
    -- Empty where it is not filled in yet.
    add column email_key text not null default '';

-- It was on lower(email), by which nothing is looked for any more.
drop index contacts_email;
