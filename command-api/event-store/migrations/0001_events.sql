-- The log. Its own row is the outbox: nothing else has to be written for Kafka to learn of an event.
create table events (
    global_position bigint      not null,
    aggregate_type  text        collate "C" not null,
    aggregate_id    text        collate "C" not null,
    sequence        bigint      not null,
    event_type      text        collate "C" not null,
    event_version   text        collate "C" not null,
    -- json, not jsonb: it is stored as it was sent, and costs less to store.
    payload         json        not null,
    metadata        json        not null,
    event_id        uuid        not null,
    recorded_at     timestamptz not null,
    constraint events_pkey primary key (global_position),
    -- The id comes first: it differs most.
    constraint events_stream_key unique (aggregate_id, aggregate_type, sequence)
);

-- The log only grows.
create function refuse_to_change_history() returns trigger language plpgsql as $$
begin
    raise exception 'events are never changed or deleted';
end $$;

create trigger events_are_final before update or delete or truncate on events
    for each statement execute function refuse_to_change_history();

-- What is kept under an idempotency key. `id` is a hash of owner and key, `fingerprint` one of the request.
create table receipts (
    id          uuid        not null,
    fingerprint uuid        not null,
    status      smallint    not null,
    subject     text        not null,
    version     bigint      not null,
    position    bigint      not null,
    recorded_at timestamptz not null
) partition by range (recorded_at);

-- Makes the partitions of today and tomorrow and drops those whose receipts are all older than two days.
create function tend_receipt_partitions() returns void language plpgsql as $$
declare
    day  date;
    name text;
begin
    -- Two replicas may start at once.
    perform pg_advisory_xact_lock(hashtext('cartwright.receipts'));
    for day in select (now() at time zone 'utc')::date + offset_days from generate_series(0, 1) offset_days loop
        name := 'receipts_' || to_char(day, 'YYYYMMDD');
        if to_regclass(name) is null then
            execute format(
                'create table %I partition of receipts (constraint %I primary key (id)) for values from (%L) to (%L)',
                name, name || '_pkey', day::timestamp at time zone 'utc', (day + 1)::timestamp at time zone 'utc');
        end if;
    end loop;
    for name in
        select child.relname from pg_inherits join pg_class child on child.oid = inhrelid
        where inhparent = 'receipts'::regclass and child.relname ~ '^receipts_\d{8}$'
          and to_date(right(child.relname, 8), 'YYYYMMDD') < (now() at time zone 'utc')::date - 2
    loop
        execute format('drop table %I', name);
    end loop;
end $$;

-- Where nobody tended the partitions, a receipt is still kept.
create table receipts_otherwise partition of receipts (constraint receipts_otherwise_pkey primary key (id)) default;

-- A baseline from which a long stream is loaded; `code_version` says which code can read the state.
create table snapshots (
    aggregate_type text    collate "C" not null,
    aggregate_id   text    collate "C" not null,
    version        bigint  not null,
    code_version   integer not null,
    state          json    not null,
    constraint snapshots_pkey primary key (aggregate_id, aggregate_type)
);

-- How far the relay got.
create table relay_cursor (
    name     text   not null,
    position bigint not null,
    constraint relay_cursor_pkey primary key (name)
);
