-- What people ask in SQL: tables that the projectors fold from the log, with how far they got in the same commit. They hold
-- no name and no address, and can be thrown away: `projectors rebuild reporting` makes them again.
create schema reporting;
comment on schema reporting is
    'Orders, payments and products for SQL users; docs/reporting.md. Written by the projectors alone; amounts are in minor units (cents).';

-- Every row is one stream of the log (a product: two), folded as far as its sequence says. An event is applied where the
-- row is one behind it, so that what is delivered twice, late or by two processes at once is applied once.
create table reporting.orders (
    id                uuid        not null,
    customer          uuid        not null,
    cart              uuid        not null,
    country           text        collate "C" not null,
    state             text        collate "C" not null,
    placed_at         timestamptz not null,
    confirmed_at      timestamptz,
    cancelled_at      timestamptz,
    cancel_reason     text        collate "C",
    currency          text        collate "C" not null,
    subtotal_minor    bigint      not null,
    discount_minor    bigint      not null,
    shipping_minor    bigint      not null,
    tax_minor         bigint      not null,
    tax_rate          integer     not null,
    tax_included      boolean     not null,
    total_minor       bigint      not null,
    code              text        collate "C",
    shipping_option   text        collate "C" not null,
    item_count        bigint      not null,
    line_count        integer     not null,
    shipped_count     bigint      not null,
    parcels           integer     not null,
    parcels_delivered integer     not null,
    first_shipped_at  timestamptz,
    delivered_at      timestamptz,
    return_state      text        collate "C",
    return_reason     text        collate "C",
    sequence          bigint      not null,
    constraint orders_pkey primary key (id)
);
create index orders_placed_at on reporting.orders (placed_at);
create index orders_confirmed_at on reporting.orders (confirmed_at) where confirmed_at is not null;
create index orders_customer on reporting.orders (customer, placed_at);

comment on table reporting.orders is 'One row an order, from the moment it was placed, paid or not.';
comment on column reporting.orders.customer is 'Who ordered, guest or account; no personal data.';
comment on column reporting.orders.cart is 'The cart that became the order.';
comment on column reporting.orders.country is 'Where it is sent; ISO 3166-1 alpha-2.';
comment on column reporting.orders.state is
    'awaiting-payment, confirmed, partially-shipped, shipped, delivered or cancelled.';
comment on column reporting.orders.confirmed_at is 'When it was paid. Stays where the order was cancelled later.';
comment on column reporting.orders.cancel_reason is 'expired (nobody paid in time), customer or staff.';
comment on column reporting.orders.subtotal_minor is 'Sum of the lines before the discount, in minor units of the currency.';
comment on column reporting.orders.tax_minor is 'In the total; in the prices already where tax_included.';
comment on column reporting.orders.tax_rate is 'In hundredths of a percent: 1900 is 19 %.';
comment on column reporting.orders.total_minor is
    'What is to be paid: subtotal - discount + shipping, and + tax where not tax_included.';
comment on column reporting.orders.code is 'The discount code that was redeemed.';
comment on column reporting.orders.item_count is 'Sum of the quantities of its lines.';
comment on column reporting.orders.shipped_count is 'How many of item_count were sent.';
comment on column reporting.orders.delivered_at is 'When the last parcel of a whole order arrived.';
comment on column reporting.orders.return_state is
    'requested, accepted or declined: what became of the return asked for last; null where none was.';
comment on column reporting.orders.return_reason is 'damaged, wrong_item, not_as_described or not_wanted.';
comment on column reporting.orders.sequence is 'The last event of the order that is in the row.';

-- Written with their order, and final from then on. No foreign key: nobody but the projectors writes either.
create table reporting.order_lines (
    order_id         uuid    not null,
    line_no          integer not null,
    sku              text    collate "C" not null,
    name             text    not null,
    quantity         bigint  not null,
    unit_price_minor bigint  not null,
    line_total_minor bigint  not null,
    discount_minor   bigint  not null,
    currency         text    collate "C" not null,
    constraint order_lines_pkey primary key (order_id, line_no)
);
create index order_lines_sku on reporting.order_lines (sku);

comment on table reporting.order_lines is 'One row a product of an order, as it was bought. Join orders for when and whether it was paid.';
comment on column reporting.order_lines.line_no is 'From 1, in the order of the cart.';
comment on column reporting.order_lines.name is 'As the product was called then.';
comment on column reporting.order_lines.unit_price_minor is 'As it cost then.';
comment on column reporting.order_lines.line_total_minor is 'unit_price_minor * quantity, before the discount.';
comment on column reporting.order_lines.discount_minor is 'The line''s share of the order''s discount.';

create table reporting.payments (
    order_id            uuid        not null,
    amount_minor        bigint      not null,
    currency            text        collate "C" not null,
    state               text        collate "C" not null,
    requested_at        timestamptz not null,
    captured_minor      bigint      not null,
    captured_at         timestamptz,
    refunded_minor      bigint      not null,
    refund_failed       boolean     not null,
    attempts            integer     not null,
    declined            integer     not null,
    last_decline_reason text        collate "C",
    attempt_list        jsonb       not null,
    refund_list         jsonb       not null,
    sequence            bigint      not null,
    constraint payments_pkey primary key (order_id)
);
create index payments_captured_at on reporting.payments (captured_at) where captured_at is not null;

comment on table reporting.payments is 'One row the payment of an order; an order that costs nothing has none.';
comment on column reporting.payments.order_id is 'The order, whose id is the payment''s as well.';
comment on column reporting.payments.amount_minor is 'What is to be paid, in minor units of the currency.';
comment on column reporting.payments.state is
    'awaiting, checking, action-required, paid, partially-refunded, refunded, refund-failed or voided. Whether an unpaid order was given up is in orders.state.';
comment on column reporting.payments.captured_minor is 'What was taken, refunds not subtracted.';
comment on column reporting.payments.captured_at is 'When money was taken first.';
comment on column reporting.payments.refunded_minor is 'What was given back.';
comment on column reporting.payments.refund_failed is 'A refund failed, and none was asked for since.';
comment on column reporting.payments.attempts is 'How often somebody tried to pay.';
comment on column reporting.payments.declined is 'How many of the attempts were declined.';
comment on column reporting.payments.last_decline_reason is 'As the payment provider names it: insufficient_funds, …';
comment on column reporting.payments.attempt_list is
    '[{id, state, reason}], oldest first; state: started, action-required, capturing, captured, declined, voiding or voided.';
comment on column reporting.payments.refund_list is
    '[{id, amount_minor, state, reason}], oldest first; state: requested, refunded or failed.';
comment on column reporting.payments.sequence is 'The last event of the payment that is in the row.';

-- Two streams and two Kafka partitions write one row: each its own columns.
create table reporting.products (
    sku              text        collate "C" not null,
    name             text,
    category         text        collate "C",
    price_minor      bigint,
    currency         text        collate "C",
    listed           boolean     not null default false,
    listed_at        timestamptz,
    updated_at       timestamptz,
    product_sequence bigint      not null default 0,
    on_hand          bigint      not null default 0,
    reserved         bigint      not null default 0,
    available        bigint      generated always as (on_hand - reserved) stored,
    stock_updated_at timestamptz,
    stock_sequence   bigint      not null default 0,
    constraint products_pkey primary key (sku),
    constraint products_known check (case when product_sequence > 0
        then num_nulls(name, category, price_minor, currency, listed_at, updated_at) = 0
        else num_nonnulls(name, category, price_minor, currency, listed_at, updated_at) = 0 and not listed end),
    constraint products_stocked check (
        stock_sequence > 0 or (on_hand = 0 and reserved = 0 and stock_updated_at is null))
);
create index products_category on reporting.products (category);

comment on table reporting.products is 'One row a SKU: the catalogue and the stock as they are now.';
comment on column reporting.products.name is 'Null, as category and price are, where goods came in that are not in the catalogue yet.';
comment on column reporting.products.listed is 'Whether it is on sale.';
comment on column reporting.products.listed_at is 'When it came into the catalogue.';
comment on column reporting.products.updated_at is 'When its name, category, price or listing changed last.';
comment on column reporting.products.on_hand is 'Units in the warehouse.';
comment on column reporting.products.reserved is 'Units of these that are promised to orders being paid.';
comment on column reporting.products.available is 'on_hand - reserved.';
comment on column reporting.products.product_sequence is 'The last event of the product that is in the row; 0: none.';
comment on column reporting.products.stock_sequence is 'The last event of its stock that is in the row; 0: none.';

create table reporting.progress (
    topic       text    collate "C" not null,
    partition   integer not null,
    next_offset bigint  not null,
    constraint progress_pkey primary key (topic, partition)
);
comment on table reporting.progress is
    'How far the tables are: the next Kafka offset of each partition, moved in the commit that writes the rows.';

create table reporting.parked (
    aggregate text        collate "C" not null,
    sequence  bigint,
    reason    text        not null,
    since     timestamptz not null default now(),
    constraint parked_pkey primary key (aggregate)
);
comment on table reporting.parked is
    'Streams with an event that the projectors could not read: their rows stop before it until the tables are rebuilt.';
comment on column reporting.parked.aggregate is 'type/id.';
comment on column reporting.parked.sequence is 'The event that could not be read; null where not even that is known.';
