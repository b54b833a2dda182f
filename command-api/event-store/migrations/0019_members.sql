-- Requests with many people, from before people had streams of their own: they get them as soon as a `deadlines` role of
-- this release looks, a portion at a time (docs/decisions/0016). Until then they are decided on as they always were.
insert into deadlines (kind, aggregate_id, due_at)
select 'request-members', aggregate_id, now() from events
where aggregate_type = 'product-request'
group by aggregate_id having count(*) > 100
on conflict do nothing;

-- And the redemptions of codes that many used.
insert into deadlines (kind, aggregate_id, due_at)
select 'code-redemptions', aggregate_id, now() from events
where aggregate_type = 'discount-code'
group by aggregate_id having count(*) > 100
on conflict do nothing;
