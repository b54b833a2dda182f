-- Maintenance that nobody waits for.

-- Replicas of the releases before call this every hour. It made a partition of the receipts with `create table … partition of`, which
-- waits for whoever reads the receipts (a dump), while every append waits behind it. From now on the partitions are tended from outside
-- of a transaction (`partitions.rs`): this does nothing, and stays until no such replica runs.
create or replace function tend_receipt_partitions() returns void language plpgsql as $$
begin
end $$;

-- The last net below the append's own check: an event that Kafka does not take would stop everything behind it, and the log is final. A
-- trigger and not a check: adding a check waits for every reader of the log, adding a trigger for running appends alone. Events that are
-- stored already stay.
create function refuse_large_event() returns trigger language plpgsql as $$
begin
    raise exception 'the event % % has % bytes, 262144 are allowed',
        new.aggregate_type, new.event_type, octet_length(new.payload::text)
        using errcode = 'program_limit_exceeded';
end $$;

create trigger events_are_small before insert on events
    for each row when (octet_length(new.payload::text) > 262144) execute function refuse_large_event();

-- Indexes on tables that grow are built concurrently, by the maintenance (`maintenance.rs`). Where there is nothing yet, here, at once.
do $$
begin
    if not exists (select from deadlines) then
        create index deadlines_claimable on deadlines (kind, greatest(due_at, leased_until));
    end if;
    if not exists (select from webhook_deliveries) then
        create index webhook_deliveries_pending on webhook_deliveries (subscription_id, created_at) where state = 'pending';
    end if;
    if not exists (select from account_links) then
        create index account_links_expiry on account_links (expires_at);
    end if;
end $$;
