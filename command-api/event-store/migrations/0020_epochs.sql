-- When an account's present epoch began: what ended then is told to Redis again for a while, so that neither a crash between the two nor a
-- Redis that did not answer leaves a session alive (docs/decisions/0018).
alter table accounts add column epoch_began_at timestamptz not null default now();

create index accounts_epoch_began_at on accounts (epoch_began_at);

-- A key that may do more than shop lives at most a month from now on, those that are there too.
update api_keys set expires_at = now() + interval '30 days'
where role <> 'shopper' and expires_at > now() + interval '30 days';
