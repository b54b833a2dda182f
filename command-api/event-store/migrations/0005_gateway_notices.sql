-- Webhooks that the payment gateway sent, by its own event id: it sends each at least once.
create table gateway_notices (
    event_id    text        collate "C" not null,
    -- The payment that it spoke of, where it named one.
    payment_id  uuid,
    kind        text        not null,
    received_at timestamptz not null default now(),
    constraint gateway_notices_pkey primary key (event_id)
);

create index gateway_notices_received_at on gateway_notices (received_at);
