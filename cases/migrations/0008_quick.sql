-- Why lists are quick. Functions of 0003_lists.sql take the cases to look at, or null for all of them. Both ways stand apart here, so that
-- a plan that is kept serves both: the one that is not asked for is never run. Of few cases each event is looked up; of all,
-- the few confidential ones are left out at once. Columns are named, as the tables of `as_known` are not of the same type.
CREATE FUNCTION cases_public_sentences(ids bigint[]) RETURNS TABLE (
    id bigint, case_id bigint, verdict varchar, change varchar, changes_id bigint, date_earliest date, date_latest date, created_at timestamptz
) LANGUAGE sql STABLE AS $$
    SELECT r.id, r.case_id, r.verdict, r.change, r.changes_id, r.date_earliest, r.date_latest, r.created_at
    FROM cases_sentence AS r
    WHERE ids IS NULL AND r.standing = 'accepted' AND NOT EXISTS (SELECT FROM cases_event AS e WHERE e.id = r.event_id AND e.confidential)
    UNION ALL
    SELECT r.id, r.case_id, r.verdict, r.change, r.changes_id, r.date_earliest, r.date_latest, r.created_at
    FROM cases_sentence AS r
    WHERE r.case_id = ANY (ids) AND r.standing = 'accepted' AND NOT (SELECT e.confidential FROM cases_event AS e WHERE e.id = r.event_id)
$$;
CREATE FUNCTION cases_public_charges(ids bigint[]) RETURNS TABLE (
    id bigint, case_id bigint, charged_on_earliest date, charged_on_latest date, ended_on varchar, ended_on_earliest date, ended_on_latest date, ended_how varchar, created_at timestamptz
) LANGUAGE sql STABLE AS $$
    SELECT r.id, r.case_id, r.charged_on_earliest, r.charged_on_latest, r.ended_on, r.ended_on_earliest, r.ended_on_latest, r.ended_how, r.created_at
    FROM cases_charge AS r
    WHERE ids IS NULL AND r.standing = 'accepted' AND NOT EXISTS (SELECT FROM cases_event AS e WHERE e.id = r.event_id AND e.confidential)
    UNION ALL
    SELECT r.id, r.case_id, r.charged_on_earliest, r.charged_on_latest, r.ended_on, r.ended_on_earliest, r.ended_on_latest, r.ended_how, r.created_at
    FROM cases_charge AS r
    WHERE r.case_id = ANY (ids) AND r.standing = 'accepted' AND NOT (SELECT e.confidential FROM cases_event AS e WHERE e.id = r.event_id)
$$;
CREATE FUNCTION cases_public_hearings(ids bigint[]) RETURNS TABLE (
    id bigint, case_id bigint, stage varchar, scheduled varchar, scheduled_earliest date, scheduled_latest date, held_on varchar, held_on_earliest date, held_on_latest date, outcome text, held_until varchar, held_until_earliest date, held_until_latest date
) LANGUAGE sql STABLE AS $$
    SELECT r.id, r.case_id, r.stage, r.scheduled, r.scheduled_earliest, r.scheduled_latest, r.held_on, r.held_on_earliest, r.held_on_latest, r.outcome, r.held_until, r.held_until_earliest, r.held_until_latest
    FROM cases_hearing AS r
    WHERE ids IS NULL AND r.standing = 'accepted' AND NOT EXISTS (SELECT FROM cases_event AS e WHERE e.id = r.event_id AND e.confidential)
    UNION ALL
    SELECT r.id, r.case_id, r.stage, r.scheduled, r.scheduled_earliest, r.scheduled_latest, r.held_on, r.held_on_earliest, r.held_on_latest, r.outcome, r.held_until, r.held_until_earliest, r.held_until_latest
    FROM cases_hearing AS r
    WHERE r.case_id = ANY (ids) AND r.standing = 'accepted' AND NOT (SELECT e.confidential FROM cases_event AS e WHERE e.id = r.event_id)
$$;
CREATE FUNCTION cases_findings_of(ids bigint[]) RETURNS TABLE (sentence_id bigint, charge_id bigint, outcome varchar)
LANGUAGE sql STABLE AS $$
    SELECT f.sentence_id, f.charge_id, f.outcome FROM cases_finding AS f WHERE ids IS NULL
    UNION ALL SELECT f.sentence_id, f.charge_id, f.outcome FROM cases_finding AS f WHERE f.case_id = ANY (ids)
$$;
CREATE FUNCTION cases_periods_of(ids bigint[]) RETURNS TABLE (case_id bigint, status varchar, begin_likely date, end_likely date)
LANGUAGE sql STABLE AS $$
    SELECT r.case_id, r.status, r.begin_likely, r.end_likely FROM cases_period AS r WHERE ids IS NULL
    UNION ALL SELECT r.case_id, r.status, r.begin_likely, r.end_likely FROM cases_period AS r WHERE r.case_id = ANY (ids)
$$;

-- As in 0003_lists.sql but for that.
CREATE OR REPLACE FUNCTION cases_standing_sentences(ids bigint[], day date)
RETURNS TABLE (case_id bigint, sentence_id bigint, place int, verdict text, penalties_of bigint, findings_of bigint, likely date)
LANGUAGE sql STABLE AS $$
    WITH RECURSIVE known AS (
        SELECT s.id, s.case_id, s.verdict, s.change, s.changes_id,
               coalesce(cases_likely(s.date_earliest, s.date_latest), (s.created_at AT TIME ZONE cases_zone())::date) AS likely
        FROM cases_public_sentences(ids) AS s
        WHERE coalesce(cases_likely(s.date_earliest, s.date_latest), (s.created_at AT TIME ZONE cases_zone())::date) <= day
    ), latest AS (
        SELECT k.*, k.changes_id IS NOT NULL AND k.change IN ('upheld', 'reduced', 'increased') AS leans
        FROM known AS k WHERE NOT EXISTS (SELECT FROM known AS later WHERE later.changes_id = k.id)
    ), chain AS (
        SELECT k.case_id, k.id AS sentence_id, k.likely, 0 AS depth, k.id AS at, k.verdict, k.change, k.changes_id,
               (SELECT true FROM cases_penalty AS p WHERE p.sentence_id = k.id AND p.origin = 'imposed' LIMIT 1) IS NOT NULL AS punishes,
               (SELECT true FROM cases_finding AS f WHERE f.sentence_id = k.id LIMIT 1) IS NOT NULL AS finds,
               true AS hands_penalties_on, true AS hands_findings_on
        FROM latest AS k WHERE k.leans
        UNION ALL
        SELECT c.case_id, c.sentence_id, c.likely, c.depth + 1, k.id, k.verdict, k.change, k.changes_id,
               (SELECT true FROM cases_penalty AS p WHERE p.sentence_id = k.id AND p.origin = 'imposed' LIMIT 1) IS NOT NULL,
               (SELECT true FROM cases_finding AS f WHERE f.sentence_id = k.id LIMIT 1) IS NOT NULL,
               c.hands_penalties_on AND c.change = 'upheld' AND NOT c.punishes,
               c.hands_findings_on AND c.verdict = '' AND NOT c.finds
        FROM chain AS c JOIN known AS k ON k.id = c.changes_id AND k.case_id = c.case_id
        WHERE c.change IN ('upheld', 'reduced', 'increased') AND c.depth < 20
    ), standing AS (
        SELECT k.case_id, k.id AS sentence_id, k.likely, k.verdict, k.id AS penalties_of, k.id AS findings_of
        FROM latest AS k WHERE NOT k.leans  -- nearly all: nothing to gather
        UNION ALL
        SELECT c.case_id, c.sentence_id, c.likely,
               coalesce((array_agg(c.verdict ORDER BY c.depth) FILTER (WHERE c.verdict <> ''))[1], '') AS verdict,
               coalesce((array_agg(c.at ORDER BY c.depth) FILTER (WHERE c.punishes AND c.hands_penalties_on))[1], c.sentence_id) AS penalties_of,
               coalesce((array_agg(c.at ORDER BY c.depth) FILTER (WHERE c.finds AND c.hands_findings_on))[1], c.sentence_id) AS findings_of
        FROM chain AS c GROUP BY c.case_id, c.sentence_id, c.likely
    )
    SELECT s.case_id, s.sentence_id, (row_number() OVER (PARTITION BY s.case_id ORDER BY s.likely DESC, s.sentence_id DESC))::int,
           s.verdict, s.penalties_of, s.findings_of, s.likely
    FROM standing AS s WHERE s.verdict <> ''
$$;

CREATE OR REPLACE FUNCTION cases_charge_outcomes(ids bigint[], day date)
RETURNS TABLE (case_id bigint, charge_id bigint, outcome text) LANGUAGE sql STABLE AS $$
    WITH standing AS (SELECT * FROM cases_standing_sentences(ids, day)),
    finding AS (SELECT * FROM cases_findings_of(ids)),
    made AS (
        SELECT c.*, cases_likely(c.charged_on_earliest, c.charged_on_latest) AS likely
        FROM cases_public_charges(ids) AS c
        WHERE coalesce(cases_likely(c.charged_on_earliest, c.charged_on_latest), '0001-01-01') <= day
    ), found AS (
        SELECT DISTINCT ON (f.charge_id) f.charge_id, f.outcome
        FROM standing AS s JOIN finding AS f ON f.sentence_id = s.findings_of
        ORDER BY f.charge_id, s.likely DESC, s.sentence_id DESC
    ), decided AS (
        SELECT DISTINCT ON (m.id) m.id, s.verdict
        FROM made AS m JOIN standing AS s ON s.case_id = m.case_id AND (m.likely IS NULL OR m.likely <= s.likely)
        WHERE NOT EXISTS (SELECT FROM finding AS f WHERE f.sentence_id = s.findings_of)
        ORDER BY m.id, s.likely DESC, s.sentence_id DESC
    )
    SELECT m.case_id, m.id, CASE
        WHEN found.outcome IS NOT NULL THEN found.outcome
        WHEN m.ended_on <> '' AND cases_likely(m.ended_on_earliest, m.ended_on_latest) <= day
          OR m.ended_on = '' AND m.ended_how <> '' AND (m.created_at AT TIME ZONE cases_zone())::date <= day
            THEN coalesce(nullif(m.ended_how, ''), 'ended')
        ELSE coalesce(decided.verdict, 'pending') END
    FROM made AS m LEFT JOIN found ON found.charge_id = m.id LEFT JOIN decided ON decided.id = m.id
$$;

CREATE OR REPLACE FUNCTION cases_next(ids bigint[], day date)
RETURNS TABLE (case_id bigint, what text, written text, earliest date, latest date, missing boolean) LANGUAGE sql STABLE AS $$
    WITH sentenced AS (SELECT * FROM cases_in_force(ids, day)),
    now AS (
        SELECT p.case_id, p.status IN ('in_custody', 'disappeared') AS held, p.status IN ('died', 'died_in_custody') AS dead
        FROM cases_periods_of(ids) AS p WHERE p.begin_likely <= day AND p.end_likely > day
    ), hearing AS (
        SELECT h.*, cases_likely(h.held_on_earliest, h.held_on_latest) AS held_likely
        FROM cases_public_hearings(ids) AS h
    ), dated AS (
        SELECT h.case_id, 'hearing' AS what, h.scheduled AS written, h.scheduled_earliest AS earliest, h.scheduled_latest AS latest
        FROM hearing AS h WHERE h.scheduled <> '' AND (h.held_on = '' AND h.outcome = '' OR h.held_likely > day)
        UNION ALL
        (SELECT DISTINCT ON (h.case_id) h.case_id, 'held_until', h.held_until, h.held_until_earliest, h.held_until_latest
         FROM hearing AS h JOIN now ON now.case_id = h.case_id AND now.held
         WHERE h.held_until <> '' AND coalesce(h.held_likely, cases_likely(h.scheduled_earliest, h.scheduled_latest), day) <= day
           AND NOT EXISTS (SELECT FROM sentenced AS s WHERE s.case_id = h.case_id)
         ORDER BY h.case_id, h.held_until_latest DESC NULLS FIRST, h.id DESC)
        UNION ALL
        SELECT s.case_id, planned.what, planned.written, planned.earliest, planned.latest
        FROM sentenced AS f JOIN now ON now.case_id = f.case_id AND now.held
        JOIN cases_sentence AS s ON s.id = f.sentence_id
        JOIN cases_sentence AS o ON o.id = f.penalties_of
        CROSS JOIN LATERAL (
            SELECT 'ends_on' AS what, e.ends_on AS written, e.ends_on_earliest AS earliest, e.ends_on_latest AS latest
            FROM (SELECT s.* UNION ALL SELECT o.* WHERE s.ends_on = '') AS e
            UNION ALL
            SELECT 'expected_release', e.expected_release, e.expected_release_earliest, e.expected_release_latest
            FROM (SELECT s.* UNION ALL SELECT o.* WHERE s.expected_release = '') AS e
        ) AS planned
        WHERE planned.written <> ''
    )
    SELECT d.case_id, d.what, d.written, d.earliest, d.latest, coalesce(d.latest < day, false)
    FROM dated AS d LEFT JOIN now ON now.case_id = d.case_id
    WHERE NOT coalesce(now.dead, false)
$$;

-- As in 0002_status.sql; the days of each range are counted in place, as a call of cases_days for each takes ten times as long.
-- Days held up to a day (section 5): fewest, likely, most (null if a begin is open), and how many of the likely ones were unacknowledged.
CREATE OR REPLACE FUNCTION cases_days_held(wanted bigint[], day date)
RETURNS TABLE (case_id bigint, fewest int, likely int, most int, unacknowledged int) LANGUAGE sql STABLE AS $$
    WITH custody AS (
        -- A fading end takes its day away only where it ends the spell.
        SELECT p.*, (p.end_fades AND lead(p.spell) OVER (PARTITION BY p.case_id ORDER BY p.number) IS DISTINCT FROM p.spell)::int AS fades
        FROM cases_period AS p
        WHERE p.case_id = ANY (wanted) AND p.status IN ('in_custody', 'disappeared')
    ), held AS (
        SELECT c.case_id, c.status, c.spell, c.number, c.begin_earliest, c.begin_likely, c.begin_latest,
               least(c.end_earliest - c.fades, day) AS end_earliest,
               least(c.end_likely - (NOT c.end_held)::int, day) AS end_likely,
               least(c.end_latest - c.fades, day) AS end_latest
        FROM custody AS c
    ), spells AS (
        SELECT h.case_id, (array_agg(h.begin_latest ORDER BY h.number))[1] AS begin_latest,
               (array_agg(h.end_earliest ORDER BY h.number DESC))[1] AS end_earliest
        FROM held AS h GROUP BY h.case_id, h.spell
    ), surely AS (
        SELECT s.case_id, bool_or(s.begin_latest <= day) AS begun,
               range_agg(daterange(s.begin_latest, s.end_earliest, '[]')) FILTER (WHERE s.begin_latest <= s.end_earliest) AS days
        FROM spells AS s GROUP BY s.case_id
    ), others AS (
        SELECT h.case_id, bool_or(h.begin_earliest = '0001-01-01') AS open,
               range_agg(daterange(h.begin_earliest, h.end_latest, '[]')) FILTER (WHERE h.begin_earliest <= h.end_latest) AS possible,
               range_agg(daterange(h.begin_likely, h.end_likely, '[]')) FILTER (WHERE h.begin_likely <= h.end_likely) AS likely,
               range_agg(daterange(h.begin_likely, h.end_likely, '[]'))
                   FILTER (WHERE h.begin_likely <= h.end_likely AND h.status = 'disappeared') AS unacknowledged
        FROM held AS h GROUP BY h.case_id
    )
    SELECT o.case_id, greatest(s.begun::int, (SELECT coalesce(sum(upper(r) - lower(r)), 0)::int FROM unnest(s.days) AS r)), (SELECT coalesce(sum(upper(r) - lower(r)), 0)::int FROM unnest(o.likely) AS r),
           CASE WHEN NOT o.open THEN (SELECT coalesce(sum(upper(r) - lower(r)), 0)::int FROM unnest(o.possible) AS r) END, (SELECT coalesce(sum(upper(r) - lower(r)), 0)::int FROM unnest(o.unacknowledged) AS r)
    FROM others AS o JOIN surely AS s USING (case_id)
$$;

-- What the list says of each case on a day, told in one go; plpgsql keeps its plan from page to page, which takes longer to make
-- than to run. Of accepted, non-confidential records only, for everybody. `possible`: statuses that were asked for possibly.
CREATE FUNCTION cases_rows(ids bigint[], day date, possible text[]) RETURNS TABLE (case_id bigint, told json) LANGUAGE plpgsql STABLE
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH held AS MATERIALIZED (SELECT * FROM cases_days_held(ids, day)),
    force AS MATERIALIZED (SELECT * FROM cases_in_force(ids, day)),
    coming AS MATERIALIZED (
        SELECT n.case_id, json_agg(json_build_array(n.what, n.written, n.earliest, n.latest, n.missing)) AS list
        FROM cases_next(ids, day) AS n GROUP BY n.case_id
    ), outcome AS MATERIALIZED (SELECT * FROM cases_charge_outcomes(ids, day)),
    charges AS MATERIALIZED (
        SELECT o.case_id, json_agg(
            json_build_array(v.article, v.part, v.point, c.text_as_reported, o.outcome)
            ORDER BY c.charged_on_earliest NULLS LAST, c.charged_on_latest, c.id
        ) AS list
        FROM outcome AS o JOIN cases_charge AS c ON c.id = o.charge_id
        LEFT JOIN cases_provision AS v ON v.id = c.provision_id
        GROUP BY o.case_id
    ), tried AS MATERIALIZED (
        SELECT DISTINCT h.case_id FROM cases_public_hearings(ids) AS h
        WHERE h.stage IN ('trial', 'verdict') AND h.held_on_earliest <= day
    )
    SELECT c.id, json_build_array(
        c.reference, c.access, c.detainee_id,
        (SELECT json_agg(json_build_array(n.text, n.language, n.kind) ORDER BY n.kind <> 'main', n.id)
         FROM cases_name AS n WHERE n.detainee_id = c.detainee_id),
        json_build_array(p.status, p.kind, p.begin_latest <= day AND day < p.end_earliest),
        json_build_array(p.since_text, p.since_earliest, p.since_latest),
        json_build_array(place.name, place.locality),
        json_build_array(held.fewest, held.likely, held.most, held.unacknowledged),
        charges.list,
        force.verdict,
        (SELECT json_agg(json_build_array(q.kind, q.years, q.months, q.days, q.regime, q.amount::text, q.currency) ORDER BY q.id)
         FROM cases_penalty AS q WHERE q.sentence_id = force.penalties_of AND q.origin = 'imposed'),
        tried.case_id IS NOT NULL,
        (SELECT json_agg(coalesce(
                    (SELECT n.text FROM cases_name AS n WHERE n.lawyer_id = l.id ORDER BY n.kind <> 'main', n.id LIMIT 1),
                    l.reference
                ) ORDER BY r.began_earliest NULLS LAST, r.began_latest, r.id)
         FROM cases_representation AS r JOIN cases_lawyer AS l ON l.id = r.lawyer_id
         WHERE r.case_id = c.id AND r.standing = 'accepted'
           AND (r.began_earliest IS NULL OR r.began_earliest <= day) AND (r.ended_latest IS NULL OR r.ended_latest >= day)
           AND NOT (SELECT e.confidential FROM cases_event AS e WHERE e.id = r.event_id)),
        coming.list,
        (SELECT json_agg(t.name ORDER BY t.name) FROM cases_casetag AS g JOIN cases_term AS t ON t.id = g.term_id WHERE g.case_id = c.id)
    )
    FROM unnest(ids) WITH ORDINALITY AS asked (id, place)
    JOIN cases_case AS c ON c.id = asked.id
    JOIN LATERAL (
        SELECT q.* FROM cases_period AS q
        WHERE q.case_id = c.id
          AND (q.begin_likely <= day AND q.end_likely > day
               OR q.status = ANY (possible) AND q.begin_earliest <= day AND q.end_latest > day)
        -- What likely holds, unless only the other one is what was asked for.
        ORDER BY q.status = ANY (possible) DESC, q.begin_likely <= day AND q.end_likely > day DESC, q.number LIMIT 1
    ) AS p ON true
    LEFT JOIN cases_place AS place ON place.id = p.place_id
    LEFT JOIN held ON held.case_id = c.id
    LEFT JOIN charges ON charges.case_id = c.id
    LEFT JOIN force ON force.case_id = c.id
    LEFT JOIN coming ON coming.case_id = c.id
    LEFT JOIN tried ON tried.case_id = c.id
    ORDER BY asked.place;
END $$;

-- The first cases that a question finds, in its order, at most so many. The planner takes a list's question for one of all cases and joins
-- whole tables, which at a million cases takes seconds; here each case is looked up, and it ends where there are enough.
-- `sieve`: SQL that takes keys as $1 (null: all there are) and leaves some of them, where one case at a time or all of them would take
-- too long: the cases go through it in batches, but all at once where there are few.
CREATE FUNCTION cases_found(question text, most int, sieve text) RETURNS TABLE (id bigint, detainee_id bigint, stage text) LANGUAGE plpgsql STABLE
SET enable_hashjoin = off SET enable_mergejoin = off SET max_parallel_workers_per_gather = 0 AS $$
#variable_conflict use_column
DECLARE
    kept constant text := format('SELECT array_agg(s.id) FROM (%s) AS s (id)', sieve);  -- an array: it is hashed, where a set is searched
    left_over constant text := 'SELECT u.id, u.detainee_id, u.stage FROM unnest($1, $2, $3) WITH ORDINALITY AS u (id, detainee_id, stage, place)
        WHERE u.id = ANY ($4) ORDER BY u.place LIMIT $5';
    at_once constant int := 4000;
    few constant boolean := (SELECT reltuples BETWEEN 0 AND 50000 FROM pg_class WHERE oid = 'cases_case'::regclass);
    size int := least(at_once, 4 * most);
    each record;
    keys bigint[] := '{}';
    fit bigint[];
    people bigint[] := '{}';
    stages text[] := '{}';
    counted int := 0;
    more int;
BEGIN
    IF sieve IS NULL THEN
        RETURN QUERY EXECUTE format('SELECT q.id, q.detainee_id, q.stage::text FROM (%s) AS q (id, detainee_id, stage) LIMIT %L', question, most);
        RETURN;
    END IF;
    FOR each IN EXECUTE format('SELECT q.id, q.detainee_id, q.stage::text FROM (%s) AS q (id, detainee_id, stage)', question) LOOP
        keys := keys || each.id;
        people := people || each.detainee_id;
        stages := stages || each.stage;
        IF cardinality(keys) >= size THEN
            IF few AND size = at_once THEN
                keys := NULL;
                EXIT;
            END IF;
            EXECUTE kept INTO fit USING keys;
            RETURN QUERY EXECUTE left_over USING keys, people, stages, fit, most - counted;
            GET DIAGNOSTICS more = ROW_COUNT;
            counted := counted + more;
            IF counted >= most THEN
                RETURN;
            END IF;
            size := least(2 * size, at_once);
            keys := '{}';
            people := '{}';
            stages := '{}';
        END IF;
    END LOOP;
    EXECUTE kept INTO fit USING keys;
    IF keys IS NULL THEN
        RETURN QUERY EXECUTE format('SELECT q.id, q.detainee_id, q.stage::text FROM (%s) AS q (id, detainee_id, stage) WHERE q.id = ANY ($1) OFFSET $2 LIMIT $3', question)
            USING fit, counted, most - counted;
    ELSE
        RETURN QUERY EXECUTE left_over USING keys, people, stages, fit, most - counted;
    END IF;
END $$;

-- The keys that a question finds, in its order.
CREATE FUNCTION cases_walked(question text) RETURNS TABLE (id bigint) LANGUAGE plpgsql STABLE
SET enable_hashjoin = off SET enable_mergejoin = off SET max_parallel_workers_per_gather = 0 AS $$
BEGIN
    RETURN QUERY EXECUTE question;
END $$;

-- Sieves: of the cases with these keys, or of all if they are null, those that fit. Whole tables are joined for them, so they are kept
-- apart from what looks cases up one by one; of some, only what hangs on these is.
CREATE FUNCTION cases_with_outcome(ids bigint[], outcomes text[], day date) RETURNS TABLE (case_id bigint) LANGUAGE plpgsql STABLE
SET enable_hashjoin = on SET enable_mergejoin = on SET enable_seqscan = on SET max_parallel_workers_per_gather = 0
SET plan_cache_mode = force_custom_plan AS $$
BEGIN
    PERFORM set_config('enable_mergejoin', 'off', true), set_config('enable_seqscan', 'off', true) WHERE ids IS NOT NULL;
    RETURN QUERY SELECT o.case_id FROM cases_charge_outcomes(ids, day) AS o WHERE o.outcome = ANY (outcomes);
END $$;

CREATE FUNCTION cases_sentenced_to(ids bigint[], at_least int, at_most int, day date) RETURNS TABLE (case_id bigint) LANGUAGE plpgsql STABLE
SET enable_hashjoin = on SET enable_mergejoin = on SET enable_seqscan = on SET max_parallel_workers_per_gather = 0
SET plan_cache_mode = force_custom_plan AS $$
BEGIN
    PERFORM set_config('enable_mergejoin', 'off', true), set_config('enable_seqscan', 'off', true) WHERE ids IS NOT NULL;
    RETURN QUERY SELECT f.case_id FROM cases_in_force(ids, day) AS f WHERE f.months BETWEEN at_least AND at_most;
END $$;

-- Cases with an accepted record that no source is given for.
CREATE FUNCTION cases_unsourced(ids bigint[]) RETURNS TABLE (case_id bigint) LANGUAGE plpgsql STABLE
SET enable_hashjoin = on SET enable_mergejoin = on SET enable_seqscan = on SET max_parallel_workers_per_gather = 0
SET plan_cache_mode = force_custom_plan AS $$
DECLARE
    kind text;
BEGIN
    PERFORM set_config('enable_mergejoin', 'off', true), set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true)
    WHERE ids IS NOT NULL;
    FOREACH kind IN ARRAY ARRAY['arrest', 'detention', 'restriction', 'charge', 'hearing', 'sentence', 'release', 'representation', 'note'] LOOP
        RETURN QUERY EXECUTE format(
            'SELECT r.case_id FROM %I AS r
             WHERE ($1 IS NULL OR r.case_id = ANY ($1)) AND r.standing = ''accepted''
               AND NOT EXISTS (SELECT FROM cases_event AS e WHERE e.id = r.event_id AND e.confidential)
               AND NOT EXISTS (SELECT FROM cases_citation AS c WHERE c.%I = r.id)',
            'cases_' || kind, kind || '_id'
        ) USING ids;
    END LOOP;
END $$;

-- What a column of the list holds for each case, by its key, to sort by it.
CREATE FUNCTION cases_values(what text, day date) RETURNS jsonb LANGUAGE plpgsql STABLE
SET enable_hashjoin = on SET enable_mergejoin = on SET plan_cache_mode = force_custom_plan AS $$
BEGIN
    RETURN CASE what
        WHEN 'held' THEN (SELECT jsonb_object_agg(case_id, likely) FROM cases_likely_held(day))
        WHEN 'sentence' THEN (SELECT jsonb_object_agg(case_id, months) FROM cases_in_force(NULL, day))
        WHEN 'next' THEN (
            SELECT jsonb_object_agg(case_id, earliest)
            FROM (SELECT case_id, min(earliest) AS earliest FROM cases_next(NULL, day) WHERE NOT missing GROUP BY case_id) AS n
        )
    END;
END $$;
