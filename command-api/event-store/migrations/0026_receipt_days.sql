-- The days of the receipts are made and dropped by functions that run as their owner: the user of the processes owns no table
-- (`rights.rs`), and yet there must be a partition for tomorrow's receipts while nobody is there.
set local lock_timeout = '3s';

-- A table for a day's receipts, apart from the others. Its check lets it be attached without being read.
create function make_receipt_day(day date) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    name text := 'receipts_' || to_char(day, 'YYYYMMDD');
begin
    execute format(
        'create table if not exists %I (
             like receipts,
             constraint %I primary key (id),
             constraint %I check (recorded_at >= %L and recorded_at < %L)
         )',
        name, name || '_pkey', name || '_day',
        day::timestamp at time zone 'utc', (day + 1)::timestamp at time zone 'utc');
end $$;

-- Takes SHARE UPDATE EXCLUSIVE on `receipts`, for which neither readers nor writers wait. The partition's bounds say from then on what
-- its check said.
create function attach_receipt_day(day date) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    name text := 'receipts_' || to_char(day, 'YYYYMMDD');
begin
    execute format(
        'alter table receipts attach partition %I for values from (%L) to (%L)',
        name, day::timestamp at time zone 'utc', (day + 1)::timestamp at time zone 'utc');
    execute format('alter table %I drop constraint %I', name, name || '_day');
end $$;

-- Drops a day whose receipts are all older than a day, which is how long they are kept at least; no caller can drop another one. Appends
-- wait behind the lock that this waits for, so it gives up at once where somebody reads. Detaching concurrently would not make them wait,
-- but PostgreSQL allows it to no function.
create function drop_receipt_day(day date) returns void
language plpgsql security definer set search_path = public, pg_temp set lock_timeout = '20ms' as $$
declare
    name text := 'receipts_' || to_char(day, 'YYYYMMDD');
begin
    if day >= (now() at time zone 'utc')::date - 1 then
        raise exception 'receipts of % may still be asked for', day using errcode = 'object_not_in_prerequisite_state';
    end if;
    -- Releases up to 0019 detached concurrently, and may have been ended in the middle.
    if exists (
        select from pg_inherits
        where inhparent = 'receipts'::regclass and inhrelid = to_regclass(name) and inhdetachpending
    ) then
        execute format('alter table receipts detach partition %I finalize', name);
    end if;
    execute format('drop table if exists %I', name);
end $$;
