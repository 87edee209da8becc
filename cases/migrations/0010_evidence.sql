-- Functions that name every kind of case record, with the kinds that came with 0010.

CREATE OR REPLACE FUNCTION cases_one_accepted(wanted bigint) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
    accounts int;
BEGIN
    SELECT count(*) INTO accounts FROM (
        SELECT FROM cases_arrest WHERE event_id = wanted AND standing = 'accepted'
        UNION ALL SELECT FROM cases_detention WHERE event_id = wanted AND standing = 'accepted'
        UNION ALL SELECT FROM cases_restriction WHERE event_id = wanted AND standing = 'accepted'
        UNION ALL SELECT FROM cases_release WHERE event_id = wanted AND standing = 'accepted'
        UNION ALL SELECT FROM cases_charge WHERE event_id = wanted AND standing = 'accepted'
        UNION ALL SELECT FROM cases_hearing WHERE event_id = wanted AND standing = 'accepted'
        UNION ALL SELECT FROM cases_sentence WHERE event_id = wanted AND standing = 'accepted'
        UNION ALL SELECT FROM cases_representation WHERE event_id = wanted AND standing = 'accepted'
        UNION ALL SELECT FROM cases_violation WHERE event_id = wanted AND standing = 'accepted'
        UNION ALL SELECT FROM cases_intervention WHERE event_id = wanted AND standing = 'accepted'
        UNION ALL SELECT FROM cases_listing WHERE event_id = wanted AND standing = 'accepted'
        UNION ALL SELECT FROM cases_note WHERE event_id = wanted AND standing = 'accepted'
    ) AS a;
    IF accounts > 1 THEN
        RAISE EXCEPTION 'Another account of this event is accepted already: set it aside first.' USING ERRCODE = 'unique_violation';
    END IF;
END $$;

-- Cases with an accepted record that no source is given for.
CREATE OR REPLACE FUNCTION cases_unsourced(ids bigint[]) RETURNS TABLE (case_id bigint) LANGUAGE plpgsql STABLE
SET enable_hashjoin = on SET enable_mergejoin = on SET enable_seqscan = on SET max_parallel_workers_per_gather = 0
SET plan_cache_mode = force_custom_plan AS $$
DECLARE
    kind text;
BEGIN
    PERFORM set_config('enable_mergejoin', 'off', true), set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true)
    WHERE ids IS NOT NULL;
    FOREACH kind IN ARRAY ARRAY[
        'arrest', 'detention', 'restriction', 'charge', 'hearing', 'sentence', 'release', 'representation', 'violation', 'intervention',
        'listing', 'note'
    ] LOOP
        RETURN QUERY EXECUTE format(
            'SELECT r.case_id FROM %I AS r
             WHERE ($1 IS NULL OR r.case_id = ANY ($1)) AND r.standing = ''accepted''
               AND NOT EXISTS (SELECT FROM cases_event AS e WHERE e.id = r.event_id AND e.confidential)
               AND NOT EXISTS (SELECT FROM cases_citation AS c WHERE c.%I = r.id)',
            'cases_' || kind, kind || '_id'
        ) USING ids;
    END LOOP;
END $$;
