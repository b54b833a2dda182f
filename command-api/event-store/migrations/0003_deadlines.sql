-- What has to happen later, should nothing else happen before: a reservation that runs out, a step of a payment that
-- nobody took. A row is set and cleared in the same commit as the events that it follows from.
create table deadlines (
    kind         text        collate "C" not null,
    aggregate_id text        collate "C" not null,
    due_at       timestamptz not null,
    -- Until then it is somebody's. Committed at once: nobody holds a row lock while working on one.
    leased_until timestamptz,
    -- How often it was claimed since it was set.
    attempts     integer     not null default 0,
    -- For people who wonder where a row comes from.
    set_at       timestamptz not null default clock_timestamp(),
    constraint deadlines_pkey primary key (kind, aggregate_id)
);

-- The due ones of a kind, the oldest first.
create index deadlines_due on deadlines (kind, due_at);

-- An append whose transactions set or clear deadlines, in one commit. A function beside `append` and not more arguments
-- of it: most appends have no deadline, and pay nothing; and replicas of the release before still find theirs.
--
-- Nobody holds a row of `deadlines` for longer than one statement, and nobody who holds one waits: so this waits for none.
create function append_with_deadlines(
    head_types text[], head_ids text[], head_versions bigint[],
    use_transactions int[], use_heads int[], use_writes boolean[],
    event_transactions int[], event_aggregate_types text[], event_aggregate_ids text[],
    event_sequences bigint[], event_types text[], event_versions text[], event_payloads text[], event_metadata text[],
    event_ids uuid[],
    receipt_transactions int[], receipt_ids uuid[], receipt_fingerprints uuid[], receipt_statuses smallint[],
    receipt_subjects text[], receipt_versions bigint[], receipt_last_events int[],
    -- Without a time: cleared.
    deadline_transactions int[], deadline_kinds text[], deadline_ids text[], deadline_dues timestamptz[],
    out head_position bigint, out refused int[], out replayed json, out unseen json
) language plpgsql as $$
begin
    select a.head_position, a.refused, a.replayed, a.unseen into head_position, refused, replayed, unseen
    from append(head_types, head_ids, head_versions, use_transactions, use_heads, use_writes, event_transactions,
                event_aggregate_types, event_aggregate_ids, event_sequences, event_types, event_versions,
                event_payloads, event_metadata, event_ids, receipt_transactions, receipt_ids, receipt_fingerprints,
                receipt_statuses, receipt_subjects, receipt_versions, receipt_last_events) a;

    -- Of what was stored only; where two transactions of the batch set the same deadline, the later one's counts.
    with changes as (
        select distinct on (d.kind, d.id) d.kind, d.id, d.due
        from unnest(deadline_transactions, deadline_kinds, deadline_ids, deadline_dues)
            with ordinality d(transaction, kind, id, due, n)
        where d.transaction <> all (coalesce(refused, '{}'))
          and d.transaction not in (select (x ->> 'transaction')::int
                                    from json_array_elements(coalesce(replayed, '[]')) x)
        order by d.kind, d.id, d.n desc
    ), cleared as (
        delete from deadlines x using changes c where x.kind = c.kind and x.aggregate_id = c.id and c.due is null
    )
    insert into deadlines as x (kind, aggregate_id, due_at)
    select c.kind, c.id, c.due from changes c where c.due is not null
    on conflict (kind, aggregate_id) do update set due_at = excluded.due_at, set_at = excluded.set_at,
                                                       leased_until = null, attempts = 0;
end $$;

-- Staff's lists of discount codes, and reconciliation's of payments: the ids of all aggregates of a type, by their first
-- event. The others are found through views.
create index events_first_of_rare_types on events (aggregate_type, global_position)
    where sequence = 1 and aggregate_type in ('discount-code', 'payment');
