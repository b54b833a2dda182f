-- The atomic append over several streams and several transactions.
--
-- PL/pgSQL and not one statement: under READ COMMITTED every statement of a volatile function sees what was committed
-- before it began, so the checks see everything that was committed before the lock was granted. One big CTE would not.
--
-- Arrays are parallel: heads (each stream once, with the version the first transaction was decided on), uses (which
-- transaction used which head, 1-based, and whether it wrote it), events, receipts (without a status: only looked for).
-- Positions are given out in commit
-- order, because they are given out under the lock and the lock is held until the commit.
create function append(
    head_types text[], head_ids text[], head_versions bigint[],
    use_transactions int[], use_heads int[], use_writes boolean[],
    event_transactions int[], event_aggregate_types text[], event_aggregate_ids text[],
    event_sequences bigint[], event_types text[], event_versions text[], event_payloads text[], event_metadata text[],
    event_ids uuid[],
    receipt_transactions int[], receipt_ids uuid[], receipt_fingerprints uuid[], receipt_statuses smallint[],
    receipt_subjects text[], receipt_versions bigint[], receipt_last_events int[],
    -- The position before this append; those of what was stored follow it without holes.
    out head_position bigint,
    -- Transactions that were decided on something stale. Null: none.
    out refused int[],
    -- Transactions whose receipt was there already, with what it says. Null: none.
    out replayed json,
    -- What the refused ones had not seen, by head and sequence. Null: nothing.
    out unseen json
) language plpgsql as $$
declare
    at              timestamptz;
    something_moved boolean;
begin
    perform pg_advisory_xact_lock(1128354388);
    at := clock_timestamp();
    -- One statement for what could be three: at a dozen commands a call, it is statements that cost.
    select coalesce((select max(e.global_position) from events e), 0), exists (
        select from unnest(head_types, head_ids, head_versions) h(type, id, version)
        where h.version <> coalesce((
            select e.sequence from events e
            where e.aggregate_id = h.id and e.aggregate_type = h.type and e.sequence >= h.version
            order by e.sequence desc limit 1), 0)
    ) or exists (select from unnest(receipt_ids) k(id) join receipts r on r.id = k.id)
    into head_position, something_moved;

    if something_moved then
        select a.refused, a.replayed, a.unseen into refused, replayed, unseen
        from append_refusals(head_types, head_ids, head_versions, use_transactions, use_heads, use_writes,
                             receipt_transactions, receipt_ids) a;
        with stored as (
            select row_number() over (order by e.n) as n, e.transaction, e.n as original, e.type, e.id, e.sequence,
                   e.event_type, e.version, e.payload, e.metadata, e.event_id
            from unnest(event_transactions, event_aggregate_types, event_aggregate_ids, event_sequences, event_types,
                        event_versions, event_payloads, event_metadata, event_ids)
                with ordinality e(transaction, type, id, sequence, event_type, version, payload, metadata, event_id, n)
            where e.transaction <> all (refused)
              and e.transaction not in (select (x ->> 'transaction')::int from json_array_elements(replayed) x)
        ), inserted as (
            insert into events
            select head_position + s.n, s.type, s.id, s.sequence, s.event_type, s.version, s.payload::json,
                   s.metadata::json, s.event_id, at
            from stored s order by s.n
        )
        insert into receipts
        select r.id, r.fingerprint, r.status, r.subject, r.version,
               head_position + coalesce((select max(s.n) from stored s where s.transaction = r.transaction), 0), at
        from unnest(receipt_transactions, receipt_ids, receipt_fingerprints, receipt_statuses, receipt_subjects,
                    receipt_versions) r(transaction, id, fingerprint, status, subject, version)
        where r.status is not null and r.transaction <> all (refused)
          and r.transaction not in (select (x ->> 'transaction')::int from json_array_elements(replayed) x);
        return;
    end if;

    with inserted as (
        insert into events
        select head_position + e.n, e.type, e.id, e.sequence, e.event_type, e.version, e.payload::json,
               e.metadata::json, e.event_id, at
        from unnest(event_aggregate_types, event_aggregate_ids, event_sequences, event_types, event_versions,
                    event_payloads, event_metadata, event_ids)
            with ordinality e(type, id, sequence, event_type, version, payload, metadata, event_id, n)
    )
    insert into receipts
    select r.id, r.fingerprint, r.status, r.subject, r.version, head_position + r.last_event, at
    from unnest(receipt_ids, receipt_fingerprints, receipt_statuses, receipt_subjects, receipt_versions,
                receipt_last_events) r(id, fingerprint, status, subject, version, last_event)
    where r.status is not null;
end $$;

-- Which transactions of a batch must not be stored, and why. Called by `append` alone, under its lock.
--
-- Comparing versions alone is not enough: where the first of two transactions on one stream is refused and a foreign
-- writer is exactly one ahead, the second one's version matches by coincidence. So a refused transaction refuses
-- every later one that used a stream which it wrote.
create function append_refusals(
    head_types text[], head_ids text[], head_versions bigint[],
    use_transactions int[], use_heads int[], use_writes boolean[],
    receipt_transactions int[], receipt_ids uuid[],
    out refused int[], out replayed json, out unseen json
) language plpgsql as $$
declare
    stale         int[];
    replayed_ones int[];
begin
    select coalesce(array_agg(h.n), '{}') into stale
    from unnest(head_types, head_ids, head_versions) with ordinality h(type, id, version, n)
    where h.version <> coalesce((
        select e.sequence from events e
        where e.aggregate_id = h.id and e.aggregate_type = h.type and e.sequence >= h.version
        order by e.sequence desc limit 1), 0);

    select coalesce(array_agg(k.transaction), '{}'),
           coalesce(json_agg(json_build_object(
               'transaction', k.transaction, 'fingerprint', r.fingerprint, 'status', r.status,
               'subject', r.subject, 'version', r.version, 'position', r.position)), '[]')
    into replayed_ones, replayed
    from unnest(receipt_transactions, receipt_ids) k(transaction, id) join receipts r on r.id = k.id;

    with recursive uses as materialized (
        select * from unnest(use_transactions, use_heads, use_writes) u(transaction, head, writes)
    ), bad(transaction) as (
        select transaction from (
            select u.transaction from uses u where u.head = any (stale)
            union all
            select unnest(replayed_ones)
        ) directly
        union
        select later.transaction
        from bad
        join uses written on written.transaction = bad.transaction and written.writes
        join uses later on later.head = written.head and later.transaction > bad.transaction
    )
    select coalesce(array_agg(distinct b.transaction), '{}') into refused
    from bad b where b.transaction <> all (replayed_ones);

    select json_agg(json_build_object(
        'head', h.n, 'sequence', e.sequence, 'event_type', e.event_type, 'event_version', e.event_version,
        'payload', e.payload) order by h.n, e.sequence)
    into unseen
    from unnest(head_types, head_ids, head_versions) with ordinality h(type, id, version, n)
    cross join lateral (
        select x.sequence, x.event_type, x.event_version, x.payload from events x
        where x.aggregate_id = h.id and x.aggregate_type = h.type and x.sequence > h.version
        order by x.sequence limit 1000) e
    where h.n = any (stale);
end $$;
