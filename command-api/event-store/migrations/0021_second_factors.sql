-- What an account signs in with besides its password. All of it goes with the account.
--
-- No check constraints, as for accounts: what PostgreSQL says of a row that fails one repeats the row.
create table second_factors (
    id            uuid        not null,
    account_id    uuid        not null references accounts on delete cascade,
    -- `totp` or `passkey`.
    kind          text        not null,
    -- What its owner calls it.
    name          text        not null,
    -- Of TOTP: the secret, encrypted with SECOND_FACTOR_KEY.
    secret        bytea,
    -- Of TOTP: the newest time step of which a code was taken. None of it or before it is taken again.
    last_step     bigint,
    -- Of a passkey: its id, its public key and its counter.
    credential_id bytea,
    credential    jsonb,
    created_at    timestamptz not null default now(),
    last_used_at  timestamptz,
    constraint second_factors_pkey primary key (id),
    constraint second_factors_credential_id_key unique (credential_id)
);

create index second_factors_account_id on second_factors (account_id, created_at);

-- By hash. One that was used is deleted.
create table recovery_codes (
    account_id uuid  not null references accounts on delete cascade,
    hash       bytea not null,
    constraint recovery_codes_pkey primary key (account_id, hash)
);

-- What is asked and not answered yet: the second step of a sign-in, or the proof that a new factor works. By the hash of what the
-- browser has. It works once, for a few minutes, and a few times where the answer is wrong.
create table second_factor_challenges (
    hash       bytea       not null,
    account_id uuid        not null references accounts on delete cascade,
    -- `sign-in`, `totp` or `passkey`.
    purpose    text        not null,
    -- Of the account: all sessions were ended since, so this ends too.
    epoch      integer     not null,
    state      jsonb       not null,
    attempts   integer     not null default 0,
    expires_at timestamptz not null,
    constraint second_factor_challenges_pkey primary key (hash)
);

create index second_factor_challenges_account_id on second_factor_challenges (account_id);
create index second_factor_challenges_expiry on second_factor_challenges (expires_at);
