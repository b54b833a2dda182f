-- Names and addresses. Personal data never enters an event: it is stored here first, and an event names the row. Erasing
-- a customer deletes rows, not history.
create table contacts (
    id          uuid        not null,
    -- The order that it was stored for. Where that never came into being, the row is swept.
    order_id    uuid        not null,
    email       text        not null,
    name        text        not null,
    line1       text        not null,
    line2       text,
    postal_code text        not null,
    city        text        not null,
    region      text,
    country     text        not null,
    phone       text,
    created_at  timestamptz not null default now(),
    constraint contacts_pkey primary key (id)
);

create index contacts_created_at on contacts (created_at);
