-- The identity of the log. A restore, or a replica that is promoted and lacks something, leaves a log that gives out positions and
-- sequences for a second time. Everything that was derived from the log (messages, views, tables, caches) carries the incarnation that
-- it was derived from, and is derived anew where that is not the log's any more.
set local lock_timeout = '3s';

create table log_incarnation (
    number bigint      generated always as identity,
    id     uuid        not null,
    -- Events past this position belong to it, up to where a later one begins. Null: an incarnation that Kafka has messages of and
    -- this log knows nothing about, since it was restored to a time before it.
    since  bigint,
    reason text        not null,
    at     timestamptz not null default clock_timestamp(),
    constraint log_incarnation_pkey primary key (number),
    constraint log_incarnation_id_key unique (id)
);

insert into log_incarnation (id, since, reason) values (gen_random_uuid(), 0, 'the beginning');

-- A leader of the relay moves its cursor only within the incarnation that it began in.
alter table relay_cursor add column incarnation uuid;

-- Kafka topics that are to be filled again from the log. The leader of the relay does it; a row ends when it is done.
create table relay_republications (
    -- Without its prefix.
    topic        text        not null,
    -- How far it got; null: not begun.
    position     bigint,
    -- Where it ends: the relay's cursor when it began.
    until        bigint,
    requested_at timestamptz not null default clock_timestamp(),
    constraint relay_republications_pkey primary key (topic)
);

alter table reporting.progress add column incarnation uuid;

comment on column reporting.progress.incarnation is
    'The incarnation of the log that the rows were made from; null: the first one.';
