-- What the notifications keep of product requests, so that deciding whom to tell does not read a whole stream for each event. Written by
-- the consumer group `request-news` alone, from the log; no append touches these rows.

-- What is known of a request, and up to which of its events. It is folded on where something newer was heard of.
create table followed_requests (
    request   uuid        not null,
    -- The newest version that Kafka told of, and the one up to which this row and the followers are folded.
    heard     bigint      not null,
    version   bigint      not null default 0,
    -- Who has waited longest is next: a request with many events does not keep the others waiting.
    worked_at timestamptz not null default now(),
    customer  uuid,
    kind      text,
    sku       text,
    -- The title and description, which are kept apart.
    text      uuid,
    -- Nothing can come of it any more.
    ended     boolean     not null default false,
    constraint followed_requests_pkey primary key (request)
);

create index followed_requests_behind on followed_requests (worked_at) where version < heard;

-- Who follows a request, from one version to another: whoever is told of an event followed it then, however late that is worked off.
create table request_followers (
    request uuid   not null,
    owner   uuid   not null,
    since   bigint not null,
    -- The version with which they stopped. Deleted once nobody is still to be told of the request.
    until   bigint,
    constraint request_followers_pkey primary key (request, owner, since)
);

create index request_followers_left on request_followers (request, until) where until is not null;

-- An event that many are to be told of, worked off in portions.
create table request_news (
    request     uuid        not null,
    -- Of the event.
    version     bigint      not null,
    position    bigint      not null,
    event_type  text        not null,
    -- As in `request_notices`.
    transition  text        not null,
    happened_at timestamptz not null,
    -- Who is told: everybody who follows it, those who stopped with this event, or whoever asked.
    whom        text        not null check (whom in ('followers', 'leaving', 'customer')),
    -- What a mail says, where there is one.
    mail        text,
    -- Everybody up to here is told, in the order of their ids.
    cursor      uuid        not null default '00000000-0000-0000-0000-000000000000',
    worked_at   timestamptz not null default now(),
    constraint request_news_pkey primary key (request, version)
);

create index request_news_next on request_news (worked_at);
