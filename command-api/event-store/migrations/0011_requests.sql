-- What people write in product requests. Texts never enter an event: they are stored here first, and an event names the
-- row. Erasing a customer deletes rows, not history.
--
-- No check constraints: the message about a row that fails one repeats the row, and PostgreSQL writes it to its log.
create table texts (
    id         uuid        not null,
    -- The request that it was stored for.
    request_id uuid        not null,
    -- Whose account wrote it; null for staff.
    owner      uuid,
    title      text,
    body       text,
    link       text,
    created_at timestamptz not null default now(),
    -- Whether the sweep found the event that names it. What it looks for and finds nowhere, it deletes.
    is_named   boolean     not null default false,
    constraint texts_pkey primary key (id)
);

-- How much somebody wrote in a day; whose texts are erased.
create index texts_owner on texts (owner, created_at) where owner is not null;
-- What the sweep has yet to look at.
create index texts_unnamed on texts (created_at) where not is_named;

-- The requests about a product.
create index events_request_sku on events ((payload ->> 'sku')) where aggregate_type = 'product-request';

-- The requests that somebody took part in.
create index events_request_customer on events ((payload ->> 'customer')) where aggregate_type = 'product-request';

-- What people are told of the requests that they follow: their inbox, and why a mail was put.
create table request_notices (
    id          uuid        not null,
    request_id  uuid        not null,
    -- Whose inbox: an account's, which takes it along when it is erased.
    owner       uuid        not null references accounts on delete cascade,
    -- What happened, and where it can happen again, which time: `planned`, `quoted:{quote}`.
    transition  text        not null,
    happened_at timestamptz not null,
    read_at     timestamptz,
    constraint request_notices_pkey primary key (id),
    constraint request_notices_key unique (request_id, owner, transition)
);

create index request_notices_owner on request_notices (owner, id);

-- The texts of a request.
create index texts_request on texts (request_id, created_at);
