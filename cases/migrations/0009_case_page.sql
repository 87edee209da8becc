-- What the page of one case says that follows from its records, on a day: days held, the sentence in force, what became of each charge,
-- what comes next. As the functions of 0003_lists.sql have it; plpgsql keeps its plan from page to page, which takes longer to make than to run.
CREATE FUNCTION cases_derived(wanted bigint, day date) RETURNS TABLE (
    fewest int, likely int, most int, unacknowledged int, sentence_id bigint, penalties_of bigint, outcomes json, coming json
) LANGUAGE plpgsql STABLE
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT d.fewest, d.likely, d.most, d.unacknowledged, f.sentence_id, f.penalties_of,
           (SELECT json_object_agg(o.charge_id, o.outcome) FROM cases_charge_outcomes(ARRAY[wanted], day) AS o),
           (SELECT json_agg(json_build_array(n.what, n.written, n.earliest, n.latest, n.missing)) FROM cases_next(ARRAY[wanted], day) AS n)
    FROM (SELECT) AS once
    LEFT JOIN cases_days_held(ARRAY[wanted], day) AS d ON true
    LEFT JOIN cases_in_force(ARRAY[wanted], day) AS f ON true;
END $$;

-- What each save of a record runs keeps its plan too: to plan the walk for one case takes longer than to walk.
ALTER FUNCTION cases_rebuild(bigint[], boolean) SET plan_cache_mode = force_generic_plan;

-- As in 0002_status.sql, in PL/pgSQL for the same reason.
CREATE OR REPLACE FUNCTION cases_state(ids bigint[], touch boolean) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    INSERT INTO cases_casestate AS old (case_id, changed_at, sort_key, search_key)
    SELECT c.id, CASE WHEN touch THEN now() ELSE c.updated_at END,
           coalesce((SELECT n.key FROM cases_name AS n WHERE n.detainee_id = c.detainee_id ORDER BY n.kind = 'main' DESC, n.id LIMIT 1), ''),
           concat_ws(' | ', c.key, p.key, (SELECT string_agg(n.key, ' | ' ORDER BY n.id) FROM cases_name AS n WHERE n.detainee_id = c.detainee_id))
    FROM cases_case AS c JOIN cases_detainee AS p ON p.id = c.detainee_id
    WHERE c.id = ANY (ids)
    ON CONFLICT (case_id) DO UPDATE
    SET changed_at = CASE WHEN touch THEN greatest(old.changed_at, now()) ELSE old.changed_at END,
        sort_key = excluded.sort_key, search_key = excluded.search_key;
END $$;
