-- Events that a consumer of the notifications cannot tell (store, read, decide), set aside with the later ones of their aggregate so that
-- everything else flows. Listed, retried and discarded with `command-api parked`.
--
-- No payload: the log has it, under the position. Only of a message that is no event of the log is kept what it was.
create table parked_notifications (
    id         bigint      generated always as identity,
    -- Who cannot tell it: `webhooks`, `mails`, `request-news`.
    consumer   text        not null,
    -- `type/id`: its later events wait, too.
    aggregate  text        not null,
    position   bigint,
    -- Of a message that is no event: where it was in Kafka (`commerce.order/3@1234`), and what it was.
    message    text,
    content    text,
    event_type text,
    reason     text        not null,
    since      timestamptz not null default now(),
    -- How often it was tried again.
    attempts   integer     not null default 0,
    -- When it is tried again. Null: not before the events in front of it are done with, or somebody asks for it.
    due_at     timestamptz,
    -- What somebody asked for.
    asked      text        check (asked in ('retry', 'discard')),
    constraint parked_notifications_pkey primary key (id),
    -- What Kafka brings again is parked once.
    constraint parked_notifications_event_key unique (consumer, aggregate, position),
    constraint parked_notifications_message_key unique (consumer, message)
);

create index parked_notifications_due on parked_notifications (consumer, due_at) where due_at is not null;
