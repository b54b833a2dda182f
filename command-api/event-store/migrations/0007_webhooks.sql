-- Webhooks out: who is told of events over HTTP, and what became of each message. Written and read by the command API's `notifications`
-- alone. Nothing here is part of the log, and no append touches these rows.

create table webhook_subscriptions (
    id              uuid        not null,
    url             text        not null,
    -- Names as the messages carry them (`order.OrderPlaced`); none means all.
    event_types     text[]      not null,
    enabled         boolean     not null default true,
    disabled_reason text,
    -- Since its last success. Who fails for days is disabled, who fails at all is asked for one message at a time.
    failing_since   timestamptz,
    -- Nothing is sent before: the endpoint asked for a pause.
    paused_until    timestamptz,
    -- By PostgreSQL's clock, which also dates the events: nobody is told of what was before.
    created_at      timestamptz not null default clock_timestamp(),
    constraint webhook_subscriptions_pkey primary key (id)
);

-- A subscription signs with all of its secrets that are still valid, the newest first: rotating twice, or losing the answer to a rotation,
-- cuts nobody off. They are kept readable, because a MAC needs its key.
create table webhook_secrets (
    subscription_id uuid        not null references webhook_subscriptions (id) on delete cascade,
    secret          text        not null,
    created_at      timestamptz not null default clock_timestamp(),
    -- Null for the newest one.
    valid_until     timestamptz,
    constraint webhook_secrets_pkey primary key (subscription_id, created_at)
);

create table webhook_deliveries (
    -- The message's `webhook-id`, the same at every attempt.
    id               uuid        not null,
    subscription_id  uuid        not null references webhook_subscriptions (id) on delete cascade,
    -- Null for a test delivery.
    event_id         uuid,
    event_type       text        not null,
    -- Byte for byte what is signed and sent. Text, since json may be written in many ways.
    payload          text        not null,
    state            text        not null default 'pending' check (state in ('pending', 'delivered', 'failed')),
    -- Counted when an attempt begins, so that one whose process died counts; it also tells who holds the lease.
    attempts         integer     not null default 0,
    -- How many of them were made before it was asked for anew: the schedule begins again there.
    attempts_before  integer     not null default 0,
    next_attempt_at  timestamptz not null,
    -- Somebody is sending it. A committed mark and no row lock: whoever dies is overtaken when it has passed.
    leased_until     timestamptz,
    last_status      integer,
    last_error       text,
    created_at       timestamptz not null,
    delivered_at     timestamptz,
    constraint webhook_deliveries_pkey primary key (id),
    -- An event that Kafka brings twice is told once.
    constraint webhook_deliveries_event_key unique (subscription_id, event_id)
);

create index webhook_deliveries_due on webhook_deliveries (subscription_id, next_attempt_at) where state = 'pending';
create index webhook_deliveries_leased on webhook_deliveries (subscription_id) where leased_until is not null;
create index webhook_deliveries_log on webhook_deliveries (subscription_id, id desc);
create index webhook_deliveries_age on webhook_deliveries (created_at);

create table webhook_attempts (
    delivery_id uuid        not null references webhook_deliveries (id) on delete cascade,
    at          timestamptz not null,
    -- Null where no answer came; then `error` says why.
    status      integer,
    error       text,
    duration_ms integer     not null,
    -- The first KiB of the answer's body.
    response    text,
    attempt     integer     not null,
    constraint webhook_attempts_pkey primary key (delivery_id, attempt)
);

-- What staff's commands on webhooks were answered, by their idempotency keys. The log's own receipts keep no bodies, and these commands
-- append no events.
create table webhook_receipts (
    id          uuid        not null,
    fingerprint uuid        not null,
    status      integer     not null default 0,
    body        text        not null default '',
    recorded_at timestamptz not null,
    constraint webhook_receipts_pkey primary key (id)
);
