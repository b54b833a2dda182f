-- The sandbox's own books. It stands for a foreign company: its tables are its own, it commits on connections of its
-- own, and no transaction of ours reaches them. Made by the sandbox when it connects; safe to repeat.
create schema if not exists sandbox_gateway;

-- One row for each PaymentIntent, as Stripe would call it.
create table if not exists sandbox_gateway.intents (
    reference text primary key,
    position bigint generated always as identity,
    payment uuid,
    attempt uuid,
    method text not null,
    amount bigint not null check (amount > 0),
    captured bigint not null default 0 check (captured between 0 and amount),
    currency text not null,
    status text not null,
    decline text,
    return_url text not null,
    created_at timestamptz not null default clock_timestamp()
);
create unique index if not exists intents_position on sandbox_gateway.intents (position);
create index if not exists intents_attempt on sandbox_gateway.intents (payment, attempt);

create table if not exists sandbox_gateway.refunds (
    reference text primary key,
    position bigint generated always as identity,
    intent text not null references sandbox_gateway.intents,
    payment uuid,
    refund uuid,
    amount bigint not null check (amount > 0),
    status text not null,
    reason text,
    -- What becomes of it later, by itself.
    becomes text,
    becomes_at timestamptz,
    created_at timestamptz not null default clock_timestamp()
);
create index if not exists refunds_intent on sandbox_gateway.refunds (intent, position);
create index if not exists refunds_becoming on sandbox_gateway.refunds (becomes_at) where becomes is not null;

-- What was answered under an idempotency key, and to which question.
create table if not exists sandbox_gateway.keys (
    key text primary key,
    fingerprint text not null,
    answer jsonb,
    created_at timestamptz not null default clock_timestamp()
);

-- What the sandbox was told to do wrong. `operation`: authorize, look_up, find, capture, void, refund, find_refund,
-- charges_since, or webhook. `method`: for charges with this payment method only, or * for all.
create table if not exists sandbox_gateway.behaviour (
    operation text not null,
    method text not null default '*',
    -- How long an answer takes; of webhooks, how late they are sent.
    latency_ms bigint not null default 0,
    -- The next so many calls fail before anything was done; those after them, when all was done.
    failures_before integer not null default 0,
    failures_after integer not null default 0,
    -- Of webhooks: how often each is sent, and whether the newest of those that wait goes first.
    copies integer not null default 1,
    newest_first boolean not null default false,
    primary key (operation, method)
);

-- Webhooks that wait to be delivered.
create table if not exists sandbox_gateway.webhooks (
    position bigint primary key generated always as identity,
    event_id text not null,
    payload text not null,
    tried integer not null default 0,
    due_at timestamptz not null
);
-- The last thing that is made: where it is, everything is.
create index if not exists webhooks_due on sandbox_gateway.webhooks (due_at);
