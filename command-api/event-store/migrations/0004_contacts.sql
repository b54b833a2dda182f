-- Names and addresses. Personal data never enters an event: it is stored here first, and an event names the row. Erasing
-- a customer deletes rows, not history.
--
-- No check constraints: the message about a row that fails one repeats the row, and PostgreSQL writes it to its log.
create table contacts (
    id          uuid        not null,
    -- The order that it was stored for.
    order_id    uuid        not null,
    email       text        not null,
    name        text        not null,
    line1       text        not null,
    line2       text,
    postal_code text        not null,
    city        text        not null,
    region      text,
    country     char(2)     not null,
    phone       text,
    created_at  timestamptz not null default now(),
    -- Whether the sweep found the order that names it. What it looks for and finds nowhere, it deletes.
    is_named    boolean     not null default false,
    constraint contacts_pkey primary key (id)
);

create index contacts_order_id on contacts (order_id);

-- What the sweep has yet to look at.
create index contacts_unnamed on contacts (created_at) where not is_named;
