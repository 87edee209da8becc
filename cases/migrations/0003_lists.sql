-- What a row of the list says beside the status, each defined once for page, filter, sort order and export. Made of accepted,
-- non-confidential records only. `ids` null means all cases; `day` is the day on which the list looks at them.

-- Of each case the sentence in force (docs/status.md 3, "Decided"): its verdict, and the sentences whose penalties and whose
-- findings count for it. One that is upheld hands them on to the one that upholds it; reduced and increased ones don't.
CREATE FUNCTION cases_standing_sentences(ids bigint[], day date)
RETURNS TABLE (case_id bigint, sentence_id bigint, place int, verdict text, penalties_of bigint, findings_of bigint, likely date)
LANGUAGE sql STABLE AS $$
    WITH RECURSIVE known AS (
        SELECT s.id, s.case_id, s.verdict, s.change, s.changes_id,
               coalesce(cases_likely(s.date_earliest, s.date_latest), (s.created_at AT TIME ZONE cases_zone())::date) AS likely
        FROM cases_sentence AS s
        WHERE (ids IS NULL OR s.case_id = ANY (ids)) AND s.standing = 'accepted'
          AND NOT EXISTS (SELECT FROM cases_event AS e WHERE e.id = s.event_id AND e.confidential)
          AND coalesce(cases_likely(s.date_earliest, s.date_latest), (s.created_at AT TIME ZONE cases_zone())::date) <= day
    ), latest AS (
        SELECT k.*, k.changes_id IS NOT NULL AND k.change IN ('upheld', 'reduced', 'increased') AS leans
        FROM known AS k WHERE NOT EXISTS (SELECT FROM known AS later WHERE later.changes_id = k.id)
    ), chain AS (
        SELECT k.case_id, k.id AS sentence_id, k.likely, 0 AS depth, k.id AS at, k.verdict, k.change, k.changes_id,
               EXISTS (SELECT FROM cases_penalty AS p WHERE p.sentence_id = k.id AND p.origin = 'imposed') AS punishes,
               EXISTS (SELECT FROM cases_finding AS f WHERE f.sentence_id = k.id) AS finds,
               true AS hands_penalties_on, true AS hands_findings_on
        FROM latest AS k WHERE k.leans
        UNION ALL
        SELECT c.case_id, c.sentence_id, c.likely, c.depth + 1, k.id, k.verdict, k.change, k.changes_id,
               EXISTS (SELECT FROM cases_penalty AS p WHERE p.sentence_id = k.id AND p.origin = 'imposed'),
               EXISTS (SELECT FROM cases_finding AS f WHERE f.sentence_id = k.id),
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

CREATE FUNCTION cases_in_force(ids bigint[], day date)
RETURNS TABLE (case_id bigint, sentence_id bigint, verdict text, penalties_of bigint, months int) LANGUAGE sql STABLE AS $$
    SELECT s.case_id, s.sentence_id, s.verdict, s.penalties_of,
           (SELECT max(coalesce(p.years, 0) * 12 + coalesce(p.months, 0)) FROM cases_penalty AS p
            WHERE p.sentence_id = s.penalties_of AND p.origin = 'imposed' AND p.kind = 'imprisonment'
              AND num_nonnulls(p.years, p.months, p.days) > 0)
    FROM cases_standing_sentences(ids, day) AS s WHERE s.place = 1
$$;

-- What became of each charge made by that day: its latest finding; else a verdict without findings that came after it; else
-- its own end; else pending.
CREATE FUNCTION cases_charge_outcomes(ids bigint[], day date)
RETURNS TABLE (case_id bigint, charge_id bigint, outcome text) LANGUAGE sql STABLE AS $$
    WITH standing AS (SELECT * FROM cases_standing_sentences(ids, day)),
    made AS (
        SELECT c.*, cases_likely(c.charged_on_earliest, c.charged_on_latest) AS likely
        FROM cases_charge AS c
        WHERE (ids IS NULL OR c.case_id = ANY (ids)) AND c.standing = 'accepted'
          AND NOT EXISTS (SELECT FROM cases_event AS e WHERE e.id = c.event_id AND e.confidential)
          AND coalesce(cases_likely(c.charged_on_earliest, c.charged_on_latest), '0001-01-01') <= day
    ), found AS (
        SELECT DISTINCT ON (f.charge_id) f.charge_id, f.outcome
        FROM standing AS s JOIN cases_finding AS f ON f.sentence_id = s.findings_of
        ORDER BY f.charge_id, s.likely DESC, s.sentence_id DESC
    ), decided AS (
        SELECT DISTINCT ON (m.id) m.id, s.verdict
        FROM made AS m JOIN standing AS s ON s.case_id = m.case_id AND (m.likely IS NULL OR m.likely <= s.likely)
        WHERE NOT EXISTS (SELECT FROM cases_finding AS f WHERE f.sentence_id = s.findings_of)
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

-- What comes next, or should have come: hearings, the end of an ordered remand, the end of the sentence in force and the
-- release that is expected. `missing` ones have passed without an outcome.
CREATE FUNCTION cases_next(ids bigint[], day date)
RETURNS TABLE (case_id bigint, what text, written text, earliest date, latest date, missing boolean) LANGUAGE sql STABLE AS $$
    WITH sentenced AS (SELECT * FROM cases_in_force(ids, day)),
    now AS (
        SELECT p.case_id, p.status IN ('in_custody', 'disappeared') AS held, p.status IN ('died', 'died_in_custody') AS dead
        FROM cases_period AS p
        WHERE (ids IS NULL OR p.case_id = ANY (ids)) AND p.begin_likely <= day AND p.end_likely > day
    ), hearing AS (
        SELECT h.*, cases_likely(h.held_on_earliest, h.held_on_latest) AS held_likely
        FROM cases_hearing AS h
        WHERE (ids IS NULL OR h.case_id = ANY (ids)) AND h.standing = 'accepted'
          AND NOT EXISTS (SELECT FROM cases_event AS e WHERE e.id = h.event_id AND e.confidential)
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

-- The likely days held of all cases, to sort by. As cases_days_held counts them, but without ranges, which take most of its
-- time: by likely days periods follow each other, and two that touch share at most the day on which one ends.
CREATE FUNCTION cases_likely_held(day date) RETURNS TABLE (case_id bigint, likely int) LANGUAGE sql STABLE AS $$
    SELECT h.case_id, sum(h.until - h.begin_likely + (h.before IS NULL OR h.before < h.begin_likely)::int)::int
    FROM (
        SELECT p.case_id, p.begin_likely, u.until, lag(u.until) OVER (PARTITION BY p.case_id ORDER BY p.number) AS before
        FROM cases_period AS p CROSS JOIN LATERAL (SELECT least(p.end_likely - (NOT p.end_held)::int, day)) AS u (until)
        WHERE p.status IN ('in_custody', 'disappeared') AND p.begin_likely <= u.until
    ) AS h
    GROUP BY h.case_id
$$;

-- Some hundred cases with a name like the folded text, by the trigram index; pg_trgm's own threshold of 0.6 misses too many misspellings.
CREATE FUNCTION cases_nearly_named(key text) RETURNS TABLE (case_id bigint) LANGUAGE sql STABLE
SET pg_trgm.word_similarity_threshold = 0.5 AS $$
    SELECT s.case_id FROM cases_casestate AS s WHERE key <% s.search_key LIMIT 500
$$;
