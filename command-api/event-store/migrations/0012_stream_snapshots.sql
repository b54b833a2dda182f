-- Snapshots of streams, those of each version of the code beside each other. Until now there was one for each stream: while a release was
-- rolled out, old and new processes replaced each other's, and no stream had one that the new code could read before it served.
--
-- A table of its own, because processes of the release before go on using `snapshots` by its primary key. Nothing reads that one any more
-- once they are gone; a later release drops it.
create table stream_snapshots (
    aggregate_type text    collate "C" not null,
    aggregate_id   text    collate "C" not null,
    -- Which code can read the state.
    code_version   integer not null,
    -- Of the stream, when its state was this.
    version        bigint  not null,
    state          json    not null,
    constraint stream_snapshots_pkey primary key (aggregate_id, aggregate_type, code_version)
);

-- When a process with this version of the code was last seen. The snapshots of one that nobody runs any more are deleted.
create table snapshot_code_versions (
    code_version integer     not null,
    seen_at      timestamptz not null,
    constraint snapshot_code_versions_pkey primary key (code_version)
);

-- Streams that are long, for `migrate`. On a log that has grown the maintenance builds it (`maintenance.rs`); where there is nothing
-- yet, here, at once.
do $$
begin
    if not exists (select from events) then
        create index events_long_streams on events (aggregate_id, aggregate_type) where sequence = 500;
    end if;
end $$;
