-- The definition of status (docs/status.md) and what keeps it true. Read the page first; the sections are its sections.

-- Today's zone: the installation's (settings.TIME_ZONE), written by `manage.py setup` so that days of recording are local days.
CREATE FUNCTION cases_zone() RETURNS text LANGUAGE sql STABLE AS $$ SELECT 'UTC' $$;

CREATE TYPE cases_fact AS (
    class text,            -- arrest, stay, restriction, release, charge, sentence, finding
    id bigint,             -- of the record; of the charge for a finding
    kind text,             -- kind; verdict of a sentence; outcome of a finding
    place_id bigint,
    begin_text text, begin_earliest date, begin_latest date,
    end_text text, end_earliest date, end_latest date,
    ending text,           -- ending; how a charge ended; what a sentence did to the one it changes
    ref bigint,            -- the stay that a release ends; the sentence changed; the sentence of a finding
    recorded date
);

CREATE TYPE cases_span AS (
    number int, status text, kind text, place_id bigint, spell int,
    begin_earliest date, begin_likely date, begin_latest date, begin_text text,
    end_earliest date, end_likely date, end_latest date, end_held boolean, end_fades boolean,
    since_earliest date, since_likely date, since_latest date, since_text text
);

-- One step of the walk: what takes place, with its five days: earliest, likely, latest, widest earliest, widest latest.
CREATE TYPE cases_step AS (
    what text, rank int, class int, id bigint, kind text, place_id bigint, ending text, ref bigint,
    e date, m date, l date, we date, wl date, txt text,
    recorded date,
    own text,              -- of a stay or restriction, its end: none, dated, inferred, fading, death, release, joined
    closes bigint,         -- of a joined end: the beginning that closes it, as class * 10^15 + id
    release_kind text,     -- of one ending: the kind of the release joined with the stay's own end
    dated boolean,         -- of a release: its date, or that of its stay's end, is known
    taken boolean
);

-- The likely day: the middle of the bounds, the earlier of two; the known bound of an open date.
CREATE FUNCTION cases_likely(e date, l date) RETURNS date LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN e IS NULL OR e = '0001-01-01' THEN l WHEN l IS NULL OR l = '9999-12-31' THEN e ELSE e + (l - e) / 2 END
$$;

-- By how much a date is widened for "certainly": a year, a month or seven days, as precise as it is.
CREATE FUNCTION cases_widening(txt text) RETURNS interval LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN right(txt, 1) NOT IN ('~', '?', '%') THEN interval '0'
                WHEN length(txt) = 5 THEN interval '1 year' WHEN length(txt) = 8 THEN interval '1 month'
                ELSE interval '7 days' END
$$;

CREATE FUNCTION cases_dated(s cases_step, txt text, e date, l date) RETURNS cases_step LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    s.txt := txt;
    s.e := coalesce(e, '0001-01-01');
    s.l := coalesce(l, '9999-12-31');
    s.m := cases_likely(s.e, s.l);
    s.we := CASE WHEN s.e = '0001-01-01' THEN s.e ELSE greatest('0001-01-01', s.e - cases_widening(txt)) END;
    s.wl := CASE WHEN s.l = '9999-12-31' THEN s.l ELSE least('9999-12-31', s.l + cases_widening(txt)) END;
    RETURN s;
END $$;

-- What the charges say (section 3, "Decided"): charged, convicted, closed or an empty text. A charge is its id, `at` the
-- number of the event that made it; a sentence its id, the one it changes, the verdict with which it stands, the sentence
-- whose findings count for it, and `at`.
CREATE FUNCTION cases_verdict(
    charges bigint[], charges_at int[], ended bigint[],
    sentences bigint[], changed bigint[], verdicts text[], sources bigint[], sentences_at int[], findings cases_fact[]
) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    n int; s int; decided boolean; convicted boolean := false;
BEGIN
    IF cardinality(charges) = 0 AND cardinality(sentences) = 0 THEN RETURN ''; END IF;
    FOR s IN 1 .. cardinality(sentences) LOOP
        convicted := convicted OR (verdicts[s] = 'convicted' AND NOT coalesce(sentences[s] = ANY (changed), false));
    END LOOP;
    FOR n IN 1 .. cardinality(charges) LOOP
        decided := charges[n] = ANY (ended);
        FOR s IN 1 .. cardinality(sentences) LOOP
            EXIT WHEN decided;
            CONTINUE WHEN coalesce(sentences[s] = ANY (changed), false);
            IF EXISTS (SELECT FROM unnest(findings) AS f WHERE f.ref = sources[s]) THEN
                decided := EXISTS (SELECT FROM unnest(findings) AS f WHERE f.ref = sources[s] AND f.id = charges[n]);
            ELSE
                decided := verdicts[s] <> '' AND charges_at[n] < sentences_at[s];
            END IF;
        END LOOP;
        IF NOT decided THEN RETURN 'charged'; END IF;
    END LOOP;
    RETURN CASE WHEN convicted THEN 'convicted' ELSE 'closed' END;
END $$;


-- The walk (sections 2 to 4): one case's accepted, non-confidential facts to its periods. Reads no table.
CREATE FUNCTION cases_periods(
    facts cases_fact[], deceased text, died_text text, died_earliest date, died_latest date, death_recorded date, confirmed date
) RETURNS SETOF cases_span LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    first CONSTANT date := '0001-01-01';
    final CONSTANT date := '9999-12-31';
    big CONSTANT bigint := 1000000000000000;
    f cases_fact; s cases_step; t cases_step; u cases_step; blank cases_step;
    begins cases_step[] := '{}';   -- beginnings, in their order
    p cases_step[] := '{}';        -- pending steps
    findings cases_fact[] := '{}';
    releases cases_step[] := '{}';
    i int; j int; k int; n int; pick int;
    alive date; last_m date := first;
    -- what is open, what there was
    open_stays int[] := '{}'; open_restrictions int[] := '{}';   -- positions in begins, in the order in which they began
    closed bigint[] := '{}';       -- keys of what has closed
    begun bigint[] := '{}';        -- keys of what has begun
    bare boolean := false; held_ever boolean := false; held_before boolean;
    rest text := 'none'; dead text := '';
    spells int := 0;
    key bigint;
    charges bigint[] := '{}'; charges_at int[] := '{}'; ended bigint[] := '{}';
    sentences bigint[] := '{}'; changed bigint[] := '{}'; verdicts text[] := '{}'; sources bigint[] := '{}'; sentences_at int[] := '{}';
    -- states: number 0 before everything; days of event i at place i
    taken cases_step[] := '{}';
    state cases_span; states cases_span[] := '{}';
    spans cases_span[] := '{}'; kept int[] := '{}';
    earliest date[]; widest_earliest date[]; latest date[]; widest_latest date[]; certain_from date[]; certain_to date[];
    run_first int; run_last int; edge date;
BEGIN
    ----------------------------------------------------------------- 2. Preparing the facts
    FOREACH f IN ARRAY facts LOOP
        s := blank;
        s.id := f.id; s.kind := f.kind; s.place_id := f.place_id; s.ending := f.ending; s.ref := f.ref; s.recorded := f.recorded; s.taken := false;
        CASE f.class
        WHEN 'finding' THEN
            findings := findings || f;
            CONTINUE;
        WHEN 'arrest', 'stay', 'restriction' THEN
            s.what := f.class; s.rank := 4;
            s.class := CASE f.class WHEN 'arrest' THEN 1 WHEN 'stay' THEN 2 ELSE 3 END;
            IF f.begin_text <> '' THEN
                s := cases_dated(s, f.begin_text, f.begin_earliest, f.begin_latest);
            ELSE
                s := cases_dated(s, '', NULL, f.recorded);
            END IF;
            IF f.end_text <> '' THEN
                t := cases_dated(blank, f.end_text, f.end_earliest, f.end_latest);
                IF s.e <= t.l THEN
                    s.wl := greatest(least(s.wl, t.wl), s.e);
                    IF t.l < s.l THEN s.l := t.l; s.m := cases_likely(s.e, s.l); s.txt := ''; END IF;
                END IF;
            END IF;
            begins := begins || s;
        WHEN 'release' THEN
            s.what := 'release'; s.rank := 7;
            IF f.begin_text <> '' THEN
                s := cases_dated(s, f.begin_text, f.begin_earliest, f.begin_latest);
            ELSE
                s.txt := NULL;   -- dated below, once the beginnings are in order
            END IF;
            releases := releases || s;
        WHEN 'sentence' THEN
            s.what := 'sentence'; s.rank := 2;
            IF f.begin_text <> '' THEN s := cases_dated(s, f.begin_text, f.begin_earliest, f.begin_latest);
            ELSE s := cases_dated(s, '', NULL, f.recorded); END IF;
            p := p || s;
        WHEN 'charge' THEN
            s.what := 'charge'; s.rank := 1;
            IF f.begin_text <> '' THEN
                s := cases_dated(s, f.begin_text, f.begin_earliest, f.begin_latest);
            ELSE
                edge := f.recorded;
                FOR i IN 1 .. cardinality(facts) LOOP
                    IF facts[i].class = 'sentence' AND facts[i].begin_text <> '' THEN
                        edge := least(edge, cases_likely(facts[i].begin_earliest, facts[i].begin_latest));
                    END IF;
                END LOOP;
                s := cases_dated(s, '', NULL, edge);
            END IF;
            IF f.end_text <> '' THEN
                t := s;
                t.what := 'charge_end'; t.rank := 3;
                t := cases_dated(t, f.end_text, f.end_earliest, f.end_latest);
                IF s.e <= t.l THEN
                    s.wl := greatest(least(s.wl, t.wl), s.e);
                    IF t.l < s.l THEN s.l := t.l; s.m := cases_likely(s.e, s.l); s.txt := ''; END IF;
                    t.we := least(greatest(t.we, s.we), t.l);
                    IF s.e > t.e THEN t.e := s.e; t.m := cases_likely(t.e, t.l); t.txt := ''; END IF;
                END IF;
                p := p || t;
            END IF;
            p := p || s;
            IF f.end_text <> '' THEN
                NULL;
            ELSIF f.ending <> '' THEN
                s.what := 'charge_end'; s.rank := 3;
                p := p || cases_dated(s, '', f.recorded, f.recorded);
            END IF;
        END CASE;
    END LOOP;

    -- 2.1 One beginning: each arrest with the first stay that can be the same day.
    IF cardinality(begins) > 1 THEN
        begins := ARRAY(SELECT b FROM unnest(begins) AS b ORDER BY (b).m, (b).class, (b).id);
        FOR i IN 1 .. cardinality(begins) LOOP
            CONTINUE WHEN begins[i].class <> 1;
            FOR j IN 1 .. cardinality(begins) LOOP
                CONTINUE WHEN begins[j].class <> 2 OR begins[j].taken;
                s := begins[i]; t := begins[j];
                CONTINUE WHEN s.e > t.l OR t.e > s.l;
                -- The words of whichever gives the joined bounds alone; none if neither does.
                t.txt := CASE WHEN t.e >= s.e AND t.l <= s.l THEN t.txt WHEN s.e >= t.e AND s.l <= t.l THEN s.txt ELSE '' END;
                t.e := greatest(s.e, t.e); t.l := least(s.l, t.l);
                t.we := least(greatest(s.we, t.we), t.e); t.wl := greatest(least(s.wl, t.wl), t.l);
                t.m := cases_likely(t.e, t.l);
                t.taken := true;
                begins[j] := t;
                s.taken := true; begins[i] := s;
                EXIT;
            END LOOP;
        END LOOP;
        -- 2.2 The order of beginnings; joined arrests are gone.
        begins := ARRAY(SELECT b FROM unnest(begins) AS b WHERE NOT ((b).class = 1 AND (b).taken) ORDER BY (b).m, (b).class, (b).id);
    END IF;
    FOR i IN 1 .. cardinality(begins) LOOP s := begins[i]; s.taken := false; s.own := 'none'; begins[i] := s; END LOOP;

    -- 2.6 Releases with a date: their own, or that of the end of their stay.
    FOR i IN 1 .. cardinality(releases) LOOP
        s := releases[i];
        IF s.txt IS NULL THEN
            FOREACH f IN ARRAY facts LOOP
                IF f.class = 'stay' AND f.id = s.ref AND f.end_text <> '' THEN
                    s := cases_dated(s, f.end_text, f.end_earliest, f.end_latest);
                END IF;
            END LOOP;
        END IF;
        s.dated := s.txt IS NOT NULL;
        releases[i] := s;
    END LOOP;
    releases := ARRAY(SELECT r FROM unnest(releases) AS r ORDER BY (r).m, (r).id);

    -- 2.3 to 2.5 Ends of stays and restrictions.
    FOR i IN 1 .. cardinality(begins) LOOP
        s := begins[i];
        CONTINUE WHEN s.class = 1 OR s.ending = 'ongoing';
        FOREACH f IN ARRAY facts LOOP
            EXIT WHEN f.id = s.id AND f.class = s.what;
        END LOOP;
        t := blank;
        t.what := s.what || '_end'; t.rank := 5; t.class := s.class; t.id := s.id; t.ending := s.ending; t.taken := false;
        IF s.ending = 'death' THEN
            s.own := 'death';
        ELSIF s.ending = 'unconfirmed' THEN
            s.own := 'fading';
            edge := CASE WHEN confirmed >= s.m AND i = cardinality(begins) THEN confirmed ELSE s.m END;
            t := cases_dated(t, '', edge + 1, NULL);
            t.what := 'fading'; t.rank := 6;
            p := p || t;
        ELSIF f.end_text <> '' THEN
            s.own := 'dated';
            t := cases_dated(t, f.end_text, f.end_earliest, f.end_latest);
            IF s.e <= t.l THEN
                t.we := least(greatest(t.we, s.we), t.l);
                IF s.e > t.e THEN t.e := s.e; t.m := cases_likely(t.e, t.l); t.txt := ''; END IF;
            END IF;
            IF t.e > alive OR alive IS NULL THEN alive := t.e; END IF;
            IF s.ending IN ('transfer', 'changed') AND s.class = 2 THEN
                FOR j IN i + 1 .. cardinality(begins) LOOP
                    u := begins[j];
                    IF u.class = 2 AND u.e <= t.l + (t.l < final)::int AND u.l >= t.e THEN
                        s.own := 'dated_joined'; s.closes := u.class * big + u.id;
                        u.we := least(greatest(u.we, t.we), u.l);
                        u.wl := greatest(least(u.wl, t.wl + (t.wl < final)::int), u.e);
                        IF t.e > u.e OR t.l < final AND t.l + 1 < u.l THEN
                            u.e := greatest(u.e, t.e); u.l := CASE WHEN t.l < final THEN least(u.l, t.l + 1) ELSE u.l END;
                            u.m := cases_likely(u.e, u.l); u.txt := '';
                        END IF;
                        begins[j] := u;
                        EXIT;
                    END IF;
                END LOOP;
            END IF;
            IF s.own = 'dated' AND s.ending IN ('release', 'changed', 'ended') AND s.class = 2 THEN
                t.own := 'waits';   -- may be one ending with a release, below
            END IF;
            IF s.own = 'dated' THEN p := p || t; END IF;
        ELSE
            s.own := 'inferred';
            IF s.ending IN ('release', 'changed') THEN
                FOR j IN 1 .. cardinality(releases) LOOP
                    CONTINUE WHEN s.class = 3 AND releases[j].kind = 'bail';
                    CONTINUE WHEN releases[j].txt IS NULL OR releases[j].m < s.m;
                    edge := NULL;   -- the limit
                    IF s.class = 2 AND releases[j].ref IS DISTINCT FROM s.id THEN
                        FOR k IN REVERSE cardinality(begins) .. i + 1 LOOP
                            IF s.ending = 'changed' OR begins[k].class = 2 THEN edge := begins[k].m; END IF;
                        END LOOP;
                    END IF;
                    IF edge IS NULL OR releases[j].m <= edge THEN
                        s.own := 'release';
                        EXIT;
                    END IF;
                END LOOP;
            END IF;
            IF s.own = 'inferred' AND s.class = 2 AND i < cardinality(begins)
               AND (begins[i + 1].class = 2 AND s.ending IN ('transfer', 'changed') OR begins[i + 1].class = 3 AND s.ending = 'changed') THEN
                s.own := 'joined'; s.closes := begins[i + 1].class * big + begins[i + 1].id;
            END IF;
            IF s.own = 'inferred' THEN
                u := cases_dated(blank, '', s.recorded, s.recorded);
                IF i < cardinality(begins) AND begins[i + 1].m < u.m THEN u := begins[i + 1]; END IF;
                t.txt := ''; t.e := s.e; t.we := s.we; t.m := greatest(s.m, cases_likely(s.m, u.m));
                t.l := greatest(u.l, t.m); t.wl := greatest(u.wl, t.l);
                p := p || t;
            END IF;
        END IF;
        begins[i] := s;
    END LOOP;

    -- 2.6 Releases without a date: after a begin.
    FOR i IN 1 .. cardinality(releases) LOOP
        s := releases[i];
        CONTINUE WHEN s.dated;
        k := NULL;
        FOR j IN 1 .. cardinality(begins) LOOP
            IF begins[j].class = 2 AND begins[j].id = s.ref THEN k := j; END IF;
        END LOOP;
        IF k IS NULL THEN
            FOR j IN 1 .. cardinality(begins) LOOP
                IF begins[j].m <= s.recorded THEN k := j; END IF;
            END LOOP;
        END IF;
        IF k IS NULL THEN
            s := cases_dated(s, '', NULL, s.recorded);
        ELSE
            u := cases_dated(blank, '', s.recorded, s.recorded);
            IF k < cardinality(begins) AND begins[k + 1].m < u.m THEN u := begins[k + 1]; END IF;
            t := begins[k];
            s.txt := ''; s.e := t.e; s.we := t.we; s.m := greatest(t.m, cases_likely(t.m, u.m));
            s.l := greatest(u.l, s.m); s.wl := greatest(u.wl, s.l);
        END IF;
        releases[i] := s;
    END LOOP;
    releases := ARRAY(SELECT r FROM unnest(releases) AS r ORDER BY (r).m, (r).id);

    -- 2.7 One ending: a dated end and a release that can be the same day.
    FOR i IN 1 .. cardinality(releases) LOOP
        k := NULL;
        FOR j IN 1 .. cardinality(p) LOOP
            IF p[j].own = 'waits' AND p[j].e <= releases[i].l AND p[j].l >= releases[i].e
               AND (k IS NULL OR (p[j].m, p[j].id) < (p[k].m, p[k].id)) THEN k := j; END IF;
        END LOOP;
        IF k IS NULL THEN
            p := p || releases[i];
        ELSE
            t := p[k]; s := releases[i];
            t.txt := CASE WHEN t.e >= s.e AND t.l <= s.l THEN t.txt WHEN s.e >= t.e AND s.l <= t.l THEN s.txt ELSE '' END;
            t.e := greatest(t.e, s.e); t.l := least(t.l, s.l);
            t.we := least(greatest(t.we, s.we), t.e); t.wl := greatest(least(t.wl, s.wl), t.l);
            t.m := cases_likely(t.e, t.l);
            t.own := 'one'; t.release_kind := s.kind;
            p[k] := t;
        END IF;
    END LOOP;

    -- 2.8 Death.
    IF deceased <> 'yes' THEN death_recorded := NULL; END IF;
    FOREACH s IN ARRAY begins LOOP
        IF s.own = 'death' THEN
            deceased := 'yes'; death_recorded := least(death_recorded, s.recorded);
        END IF;
    END LOOP;
    IF deceased = 'yes' THEN
        -- `alive` holds the latest of the ends' earliest days so far.
        alive := greatest(alive, confirmed);
        FOREACH s IN ARRAY begins LOOP alive := greatest(alive, s.e); END LOOP;
        FOREACH s IN ARRAY releases LOOP
            IF s.dated THEN alive := greatest(alive, s.e); END IF;
        END LOOP;
        t := blank;
        t.what := 'death'; t.rank := 9; t.taken := false;
        IF died_text <> '' THEN
            t := cases_dated(t, died_text, died_earliest, died_latest);
            IF alive > t.e AND alive <= t.l THEN
                t.e := alive; t.m := cases_likely(t.e, t.l);
            END IF;
        ELSE
            t := cases_dated(t, '', coalesce(alive, first), greatest(death_recorded, alive));
            t.rank := 99;   -- comes last
        END IF;
        p := p || t;
    END IF;
    p := p || begins;

    ----------------------------------------------------------------- 3. The walk
    LOOP
        -- The pending step with the smallest (likely, rank, class, id); a death without a date comes after beginnings, ends, releases.
        pick := NULL;
        FOR i IN 1 .. cardinality(p) LOOP
            s := p[i];
            CONTINUE WHEN s.taken;
            CONTINUE WHEN s.rank IN (5, 6) AND NOT s.class * big + s.id = ANY (begun);
            -- Ends of what has closed already will only be dropped: they hold nothing up.
            IF s.rank = 99 AND EXISTS (
                SELECT FROM unnest(p) AS x
                WHERE NOT x.taken AND x.rank BETWEEN 4 AND 7
                  AND NOT (x.rank IN (5, 6) AND x.class * big + x.id = ANY (closed) AND x.release_kind IS NULL)
            ) THEN
                CONTINUE;
            END IF;
            IF pick IS NULL OR (s.m, s.rank, coalesce(s.class, 0), s.id) < (t.m, t.rank, coalesce(t.class, 0), t.id) THEN
                pick := i; t := s;
            END IF;
        END LOOP;
        EXIT WHEN pick IS NULL OR dead <> '';
        s := p[pick];
        IF s.rank IN (5, 6) AND s.class * big + s.id = ANY (closed) AND s.release_kind IS NULL THEN
            s.taken := true; p[pick] := s;
            CONTINUE;
        END IF;

        -- What has to take place before it on one possible day, if anything.
        k := NULL;
        IF s.rank = 4 AND (bare OR cardinality(open_stays) + cardinality(open_restrictions) > 0)
           OR s.what = 'release' AND NOT bare AND cardinality(open_stays) + cardinality(open_restrictions) = 0
           OR s.rank IN (2, 9) THEN
            FOR i IN 1 .. cardinality(p) LOOP
                t := p[i];
                CONTINUE WHEN t.taken OR i = pick OR t.e > s.l OR (s.rank NOT IN (2, 9) AND t.l < s.e);
                CONTINUE WHEN s.rank = 2 AND NOT (t.rank = 1 OR t.rank = 2 AND t.id IS NOT DISTINCT FROM s.ref);
                CONTINUE WHEN s.rank = 4 AND NOT (t.what = 'release' OR t.rank = 5);
                CONTINUE WHEN s.rank = 7 AND t.rank <> 4;
                CONTINUE WHEN s.rank = 9 AND t.rank NOT IN (4, 5, 7);
                CONTINUE WHEN t.rank = 5 AND (NOT t.class * big + t.id = ANY (begun) OR t.class * big + t.id = ANY (closed) AND t.release_kind IS NULL);
                IF k IS NULL OR (t.m, t.rank, coalesce(t.class, 0), t.id) < (u.m, u.rank, coalesce(u.class, 0), u.id) THEN
                    k := i; u := t;
                END IF;
            END LOOP;
        END IF;
        IF k IS NOT NULL THEN
            -- k before pick: both keep what this order allows.
            t := p[k];
            s.we := least(greatest(s.we, t.we), s.l);
            IF t.e > s.e THEN
                s.e := least(t.e, s.l); s.m := greatest(s.m, cases_likely(s.e, s.l)); s.txt := '';
            END IF;
            t.wl := greatest(least(t.wl, s.wl), t.e);
            IF s.l < t.l THEN
                t.l := s.l; t.m := least(t.m, cases_likely(t.e, t.l)); t.txt := '';
            END IF;
            s.m := greatest(s.m, t.m);
            p[pick] := s;
            pick := k; s := t;
        END IF;

        -- It takes place. Likely days never go back.
        s.taken := true;
        p[pick] := s;
        s.m := greatest(s.m, last_m);
        last_m := s.m;
        s.l := greatest(s.l, s.m); s.wl := greatest(s.wl, s.l);
        taken := taken || s;
        n := cardinality(taken);
        key := s.class * big + s.id;
        held_before := bare OR cardinality(open_stays) > 0;

        CASE s.what
        WHEN 'charge' THEN charges := charges || s.id; charges_at := charges_at || n;
        WHEN 'charge_end' THEN
            ended := ended || s.id;
            IF NOT s.id = ANY (charges) THEN charges := charges || s.id; charges_at := charges_at || n; END IF;   -- it was made
        WHEN 'sentence' THEN
            k := array_position(sentences, s.ref);
            IF s.ending IN ('upheld', 'reduced', 'increased') AND s.kind = '' AND k IS NOT NULL THEN
                verdicts := verdicts || verdicts[k];
                sources := sources || CASE WHEN EXISTS (SELECT FROM unnest(findings) AS x WHERE x.ref = s.id) THEN s.id ELSE sources[k] END;
            ELSE
                verdicts := verdicts || s.kind; sources := sources || s.id;
            END IF;
            sentences := sentences || s.id; sentences_at := sentences_at || n; changed := changed || s.ref;
            k := cardinality(sentences);
            FOR i IN 1 .. k - 1 LOOP   -- decisions on this one that were taken first: it certainly came after them
                IF changed[i] = s.id AND verdicts[i] = '' AND EXISTS (
                    SELECT FROM unnest(taken) AS x
                    WHERE x.what = 'sentence' AND x.id = sentences[i] AND x.ending IN ('upheld', 'reduced', 'increased')
                ) THEN
                    verdicts[i] := verdicts[k];
                    IF NOT EXISTS (SELECT FROM unnest(findings) AS x WHERE x.ref = sentences[i]) THEN sources[i] := sources[k]; END IF;
                END IF;
            END LOOP;
        WHEN 'arrest', 'stay', 'restriction' THEN
            begun := begun || key;
            IF s.what = 'arrest' THEN
                bare := bare OR cardinality(open_stays) = 0;
            ELSE
                bare := false;
                FOR i IN 1 .. cardinality(begins) LOOP
                    IF begins[i].closes = key AND i = ANY (open_stays) THEN
                        open_stays := array_remove(open_stays, i); closed := closed || (begins[i].class * big + begins[i].id);
                    END IF;
                END LOOP;
                FOR i IN 1 .. cardinality(begins) LOOP
                    IF begins[i].class = s.class AND begins[i].id = s.id THEN
                        IF s.class = 2 THEN open_stays := open_stays || i; ELSE open_restrictions := open_restrictions || i; END IF;
                    END IF;
                END LOOP;
                IF s.what = 'restriction' AND cardinality(open_stays) = 0 AND held_ever THEN rest := 'released'; END IF;
            END IF;
            IF s.what <> 'restriction' THEN
                held_ever := true;
                IF NOT held_before THEN spells := spells + 1; END IF;
            END IF;
        WHEN 'release' THEN
            NULL;
        WHEN 'death' THEN
            t := NULL;
            IF n > 1 THEN t := taken[n - 1]; END IF;
            -- A stay that ended, how unknown, on the day of the death most likely ended by it.
            dead := CASE WHEN held_before OR coalesce(t.what = 'stay_end' AND t.ending = 'ended' AND t.release_kind IS NULL
                                                      AND t.e <= s.l AND t.l >= s.e, false)
                         THEN 'died_in_custody' ELSE 'died' END;
        ELSE   -- an end of a stay or restriction, by itself or fading
            IF NOT key = ANY (closed) THEN
                closed := closed || key;
                FOR i IN 1 .. cardinality(begins) LOOP
                    IF begins[i].class = s.class AND begins[i].id = s.id THEN
                        open_stays := array_remove(open_stays, i); open_restrictions := array_remove(open_restrictions, i);
                    END IF;
                END LOOP;
                IF s.what = 'fading' THEN
                    IF NOT bare AND cardinality(open_stays) + cardinality(open_restrictions) = 0 THEN rest := 'unknown'; END IF;
                ELSIF s.what = 'stay_end' THEN
                    IF cardinality(open_stays) = 0 THEN
                        CASE s.ending
                        WHEN 'transfer' THEN bare := true;
                        WHEN 'release' THEN rest := 'released';
                        WHEN 'changed' THEN rest := 'restricted';
                        WHEN 'escape' THEN rest := 'escaped';
                        ELSE rest := 'unknown';
                        END CASE;
                    END IF;
                ELSE
                    rest := CASE WHEN s.ending = 'escape' THEN 'escaped' WHEN s.ending = 'release' THEN 'released'
                                 WHEN rest = 'restricted' THEN 'unknown' ELSE rest END;
                END IF;
            END IF;
        END CASE;
        IF s.what = 'release' OR s.release_kind IS NOT NULL THEN
            FOR i IN 1 .. cardinality(begins) LOOP
                IF i = ANY (open_stays) AND begins[i].own NOT IN ('dated', 'dated_joined', 'death')
                   OR i = ANY (open_restrictions) AND coalesce(s.release_kind, s.kind) <> 'bail' THEN
                    open_stays := array_remove(open_stays, i); open_restrictions := array_remove(open_restrictions, i);
                    closed := closed || (begins[i].class * big + begins[i].id);
                END IF;
            END LOOP;
            bare := false;
            IF cardinality(open_stays) = 0 THEN
                rest := CASE coalesce(s.release_kind, s.kind) WHEN 'bail' THEN 'restricted' WHEN 'escaped' THEN 'escaped' ELSE 'released' END;
            END IF;
        END IF;

        -- What the state says now, first that fits.
        state := NULL;
        state.kind := ''; state.begin_text := ''; state.since_text := '';
        IF dead <> '' THEN
            state.status := dead;
        ELSIF bare OR cardinality(open_stays) > 0 THEN
            state.spell := spells;
            state.status := CASE WHEN bare THEN 'in_custody' ELSE 'disappeared' END;
            FOREACH i IN ARRAY open_stays LOOP
                IF begins[i].kind <> 'unacknowledged' THEN
                    state.status := 'in_custody'; state.kind := begins[i].kind; state.place_id := begins[i].place_id;
                ELSIF state.status = 'disappeared' THEN
                    state.kind := begins[i].kind; state.place_id := begins[i].place_id;
                END IF;
            END LOOP;
        ELSIF cardinality(open_restrictions) > 0 THEN
            state.status := 'restricted'; state.kind := begins[open_restrictions[cardinality(open_restrictions)]].kind;
        ELSIF rest <> 'none' THEN
            state.status := rest;
        ELSE
            state.status := coalesce(nullif(cases_verdict(
                charges, charges_at, ended, sentences, changed, verdicts, sources, sentences_at, findings), ''), 'unknown');
        END IF;
        states := states || state;
    END LOOP;

    ----------------------------------------------------------------- 4. From events and states to periods
    -- Events that changed nothing are left out.
    k := 0;
    FOR i IN 1 .. cardinality(taken) LOOP
        IF k = 0 AND (states[i].status, states[i].spell) IS DISTINCT FROM ('unknown', NULL::int)
           OR k > 0 AND (states[i].status, states[i].kind, states[i].place_id, states[i].spell)
                        IS DISTINCT FROM (states[k].status, states[k].kind, states[k].place_id, states[k].spell) THEN
            k := k + 1;
            state := states[i]; states[k] := state;
            s := taken[i]; taken[k] := s;
        END IF;
    END LOOP;
    n := k;
    -- What is left keeps the days that this order allows. Charges and verdicts (ranks 1 to 3) narrow nothing of the others.
    earliest := array_fill(final, ARRAY[n + 1]); widest_earliest := earliest;
    latest := array_fill(final, ARRAY[n + 1]); widest_latest := latest;
    FOR i IN 1 .. n LOOP
        earliest[i] := taken[i].e; widest_earliest[i] := taken[i].we;
        FOR j IN 1 .. i - 1 LOOP
            CONTINUE WHEN taken[j].rank <= 3 AND taken[i].rank > 3;
            earliest[i] := greatest(earliest[i], taken[j].e); widest_earliest[i] := greatest(widest_earliest[i], taken[j].we);
        END LOOP;
        latest[i] := taken[i].l; widest_latest[i] := taken[i].wl;
        FOR j IN i + 1 .. n LOOP
            CONTINUE WHEN taken[j].rank <= 3 AND taken[i].rank > 3;
            latest[i] := least(latest[i], taken[j].l); widest_latest[i] := least(widest_latest[i], taken[j].wl);
        END LOOP;
    END LOOP;
    -- A status is certain from when every state before has ended at the latest, until any state after can begin.
    certain_from := widest_latest; certain_to := widest_earliest;
    FOR i IN 2 .. n LOOP certain_from[i] := greatest(certain_from[i], certain_from[i - 1]); END LOOP;
    FOR i IN REVERSE n - 1 .. 1 LOOP certain_to[i] := least(certain_to[i], certain_to[i + 1]); END LOOP;

    -- State 0 and the others as spans; those that can hold on no day are left out, except a spell of one day.
    FOR i IN 0 .. n LOOP
        IF i = 0 THEN
            state := NULL;
            state.status := 'unknown'; state.kind := ''; state.begin_text := ''; state.since_text := '';
            state.since_earliest := first; state.since_likely := first; state.since_latest := first;
            state.begin_earliest := first; state.begin_likely := first; state.begin_latest := first;
        ELSE
            state := states[i];
            state.begin_earliest := earliest[i]; state.begin_likely := taken[i].m; state.begin_latest := certain_from[i];
            state.begin_text := coalesce(taken[i].txt, '');
            -- Since: the begin of the spell, else of the first of consecutive states with this status.
            IF i > 1 AND (state.spell = states[i - 1].spell OR state.spell IS NULL AND states[i - 1].status = state.status) THEN
                state.since_earliest := states[i - 1].since_earliest; state.since_likely := states[i - 1].since_likely;
                state.since_latest := states[i - 1].since_latest; state.since_text := states[i - 1].since_text;
            ELSE
                state.since_earliest := earliest[i]; state.since_likely := taken[i].m; state.since_latest := latest[i];
                state.since_text := state.begin_text;
            END IF;
            states[i] := state;
        END IF;
        state.end_earliest := certain_to[i + 1];
        state.end_likely := CASE WHEN i < n THEN taken[i + 1].m ELSE final END;
        state.end_latest := latest[i + 1];
        -- A fading end says that the day before was the last, unless something else of the spell happened on its day.
        state.end_held := i = n OR EXISTS (
            SELECT FROM generate_series(1, n) AS x
            WHERE taken[x].what <> 'fading' AND taken[x].m = taken[i + 1].m AND (x = i + 1 OR x > 1 AND state.spell = states[x - 1].spell)
        );
        j := i + 1;
        WHILE j <= n AND states[j].spell = state.spell LOOP j := j + 1; END LOOP;
        state.end_fades := coalesce(j <= n AND taken[j].what = 'fading', false);
        state.number := i;
        IF (CASE WHEN i = 0 THEN first ELSE widest_earliest[i] END) >= widest_latest[i + 1] THEN
            -- It can hold at the end of no day. A spell of which that is true was one day in custody: its first state stays.
            CONTINUE WHEN state.spell IS NULL OR i > 1 AND states[i - 1].spell = state.spell;
            j := i;
            WHILE j < n AND states[j + 1].spell = state.spell LOOP j := j + 1; END LOOP;
            CONTINUE WHEN widest_earliest[i] < widest_latest[j + 1];
            state.end_likely := CASE WHEN j < n THEN taken[j + 1].m ELSE final END;
        END IF;
        k := cardinality(spans);
        IF k > 0 AND (spans[k].status, spans[k].kind, spans[k].place_id, spans[k].spell)
                     IS NOT DISTINCT FROM (state.status, state.kind, state.place_id, state.spell) THEN
            state.begin_earliest := spans[k].begin_earliest; state.begin_likely := spans[k].begin_likely;
            state.begin_latest := spans[k].begin_latest; state.begin_text := spans[k].begin_text;
            state.since_earliest := spans[k].since_earliest; state.since_likely := spans[k].since_likely;
            state.since_latest := spans[k].since_latest; state.since_text := spans[k].since_text;
            spans[k] := state;
        ELSE
            spans := spans || state;
        END IF;
    END LOOP;

    -- Within a run of one status there is no gap in certainty: its inner edges are certain at their likely days.
    k := cardinality(spans);
    run_first := 1;
    WHILE run_first <= k LOOP
        run_last := run_first;
        WHILE run_last < k AND spans[run_last + 1].status = spans[run_first].status LOOP run_last := run_last + 1; END LOOP;
        FOR i IN run_first .. run_last - 1 LOOP
            edge := least(greatest(spans[i + 1].begin_likely, spans[run_first].begin_latest),
                          greatest(spans[run_first].begin_latest, spans[run_last].end_earliest));
            state := spans[i]; state.end_earliest := edge; spans[i] := state;
            state := spans[i + 1]; state.begin_latest := edge; spans[i + 1] := state;
        END LOOP;
        run_first := run_last + 1;
    END LOOP;
    FOR i IN 1 .. k LOOP
        state := spans[i]; state.number := i; RETURN NEXT state;
    END LOOP;
END $$;

------------------------------------------------------------------- What feeds it

-- The live accepted facts of the cases, one array a case; status is made of the non-confidential ones. The page of a case asks for
-- all, to tell its team what the confidential ones would change.
CREATE FUNCTION cases_facts(ids bigint[], with_confidential boolean) RETURNS TABLE (case_id bigint, facts cases_fact[]) LANGUAGE sql STABLE AS $$
    SELECT r.case_id, array_agg(r.fact ORDER BY (r.fact).class, (r.fact).id)
    FROM (
        SELECT a.case_id, a.event_id, a.standing,
               ROW('arrest', a.id, '', NULL, a.date, a.date_earliest, a.date_latest, '', NULL, NULL, '', NULL,
                   (a.created_at AT TIME ZONE cases_zone())::date)::cases_fact AS fact
        FROM cases_arrest AS a WHERE a.case_id = ANY (ids)
        UNION ALL
        SELECT d.case_id, d.event_id, d.standing,
               ROW('stay', d.id, d.kind, d.place_id, d.began, d.began_earliest, d.began_latest, d.ended, d.ended_earliest,
                   d.ended_latest, d.ending, NULL, (d.created_at AT TIME ZONE cases_zone())::date)::cases_fact
        FROM cases_detention AS d WHERE d.case_id = ANY (ids)
        UNION ALL
        SELECT t.case_id, t.event_id, t.standing,
               ROW('restriction', t.id, t.kind, NULL, t.began, t.began_earliest, t.began_latest, t.ended, t.ended_earliest,
                   t.ended_latest, t.ending, NULL, (t.created_at AT TIME ZONE cases_zone())::date)::cases_fact
        FROM cases_restriction AS t WHERE t.case_id = ANY (ids)
        UNION ALL
        SELECT l.case_id, l.event_id, l.standing,
               ROW('release', l.id, l.kind, NULL, l.date, l.date_earliest, l.date_latest, '', NULL, NULL, '', l.stay_id,
                   (l.created_at AT TIME ZONE cases_zone())::date)::cases_fact
        FROM cases_release AS l WHERE l.case_id = ANY (ids)
        UNION ALL
        SELECT c.case_id, c.event_id, c.standing,
               ROW('charge', c.id, '', NULL, c.charged_on, c.charged_on_earliest, c.charged_on_latest, c.ended_on,
                   c.ended_on_earliest, c.ended_on_latest, c.ended_how, NULL,
                   (c.created_at AT TIME ZONE cases_zone())::date)::cases_fact
        FROM cases_charge AS c WHERE c.case_id = ANY (ids)
        UNION ALL
        SELECT s.case_id, s.event_id, s.standing,
               ROW('sentence', s.id, s.verdict, NULL, s.date, s.date_earliest, s.date_latest, '', NULL, NULL, s.change,
                   s.changes_id, (s.created_at AT TIME ZONE cases_zone())::date)::cases_fact
        FROM cases_sentence AS s WHERE s.case_id = ANY (ids)
        UNION ALL
        SELECT s.case_id, s.event_id, s.standing,
               ROW('finding', f.charge_id, f.outcome, NULL, '', NULL, NULL, '', NULL, NULL, '', f.sentence_id, NULL)::cases_fact
        FROM cases_finding AS f JOIN cases_sentence AS s ON s.id = f.sentence_id WHERE s.case_id = ANY (ids)
    ) AS r
    JOIN cases_event AS e ON e.id = r.event_id
    WHERE r.standing = 'accepted' AND (with_confidential OR NOT e.confidential)
    GROUP BY r.case_id
$$;

-- The periods that the live records of the cases give: what the table of periods should hold.
CREATE FUNCTION cases_fresh(ids bigint[], with_confidential boolean DEFAULT false) RETURNS TABLE (case_id bigint, span cases_span) LANGUAGE sql STABLE AS $$
    SELECT c.id, s
    FROM cases_case AS c
    JOIN cases_detainee AS p ON p.id = c.detainee_id
    LEFT JOIN cases_facts(ids, with_confidential) AS f ON f.case_id = c.id
    CROSS JOIN LATERAL cases_periods(
        coalesce(f.facts, '{}'), p.deceased, p.died, p.died_earliest, p.died_latest,
        p.death_recorded_on, c.last_confirmed_on
    ) AS s
    WHERE c.id = ANY (ids)
$$;

------------------------------------------------------------------- What keeps it true, whichever way data comes in

-- Search and sort keys and the day of the last change, for cases that there are. Fixed search path: runs as the owner.
CREATE FUNCTION cases_state(ids bigint[], touch boolean) RETURNS void LANGUAGE sql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
    INSERT INTO cases_casestate AS old (case_id, changed_at, sort_key, search_key)
    SELECT c.id, CASE WHEN touch THEN now() ELSE c.updated_at END,
           coalesce((SELECT n.key FROM cases_name AS n WHERE n.detainee_id = c.detainee_id ORDER BY n.kind = 'main' DESC, n.id LIMIT 1), ''),
           concat_ws(' | ', c.key, p.key, (SELECT string_agg(n.key, ' | ' ORDER BY n.id) FROM cases_name AS n WHERE n.detainee_id = c.detainee_id))
    FROM cases_case AS c JOIN cases_detainee AS p ON p.id = c.detainee_id
    WHERE c.id = ANY (ids)
    ON CONFLICT (case_id) DO UPDATE
    SET changed_at = CASE WHEN touch THEN greatest(old.changed_at, now()) ELSE old.changed_at END,
        sort_key = excluded.sort_key, search_key = excluded.search_key
$$;

CREATE FUNCTION cases_touch(ids bigint[]) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT cases_state(ids, true) WHERE cardinality(ids) > 0
$$;

CREATE FUNCTION cases_find_by(detainees bigint[]) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT cases_touch(ARRAY(SELECT id FROM cases_case WHERE detainee_id = ANY (detainees) ORDER BY id))
    WHERE cardinality(detainees) > 0
$$;

-- Locks the cases first, then reads: of two writers at once the second sees what the first wrote (traps: two concurrent saves).
CREATE FUNCTION cases_rebuild(ids bigint[], touch boolean) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
    IF coalesce(cardinality(ids), 0) = 0 THEN RETURN; END IF;
    PERFORM FROM cases_case WHERE id = ANY (ids) ORDER BY id FOR NO KEY UPDATE;
    -- A stay that ended by death makes the person deceased; that update rebuilds all cases of the person.
    UPDATE cases_detainee AS p SET deceased = 'yes', death_recorded_on = death.recorded
    FROM (
        SELECT c.detainee_id, min((d.created_at AT TIME ZONE cases_zone())::date) AS recorded
        FROM cases_case AS c JOIN cases_detention AS d ON d.case_id = c.id JOIN cases_event AS e ON e.id = d.event_id
        WHERE c.id = ANY (ids) AND d.ending = 'death' AND d.standing = 'accepted' AND NOT e.confidential
        GROUP BY c.detainee_id
    ) AS death
    WHERE p.id = death.detainee_id AND p.deceased <> 'yes';
    DELETE FROM cases_period WHERE case_id = ANY (ids);
    INSERT INTO cases_period (
        case_id, number, status, kind, place_id, spell, begin_earliest, begin_likely, begin_latest, begin_text,
        end_earliest, end_likely, end_latest, end_held, end_fades, since_earliest, since_likely, since_latest, since_text)
    SELECT case_id, (span).number, (span).status, (span).kind, (span).place_id, (span).spell,
           (span).begin_earliest, (span).begin_likely, (span).begin_latest, (span).begin_text,
           (span).end_earliest, (span).end_likely, (span).end_latest, (span).end_held, (span).end_fades,
           (span).since_earliest, (span).since_likely, (span).since_latest, (span).since_text
    FROM cases_fresh(ids);
    PERFORM cases_state(ids, touch);
END $$;

CREATE FUNCTION cases_forget(ids bigint[]) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DELETE FROM cases_period WHERE case_id = ANY (ids);
    DELETE FROM cases_casestate WHERE case_id = ANY (ids);
$$;

-- At most one accepted account of an event, of whatever kind.
CREATE FUNCTION cases_one_accepted(wanted bigint) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
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
        UNION ALL SELECT FROM cases_note WHERE event_id = wanted AND standing = 'accepted'
    ) AS a;
    IF accounts > 1 THEN
        RAISE EXCEPTION 'Another account of this event is accepted already: set it aside first.' USING ERRCODE = 'unique_violation';
    END IF;
END $$;

CREATE FUNCTION cases_days(days datemultirange) RETURNS int LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(sum(upper(r) - lower(r)), 0)::int FROM unnest(days) AS r
$$;

-- Days held up to a day (section 5): fewest, likely, most (null if a begin is open), and how many of the likely ones were unacknowledged.
CREATE FUNCTION cases_days_held(wanted bigint[], day date)
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
    SELECT o.case_id, greatest(s.begun::int, cases_days(s.days)), cases_days(o.likely),
           CASE WHEN NOT o.open THEN cases_days(o.possible) END, cases_days(o.unacknowledged)
    FROM others AS o JOIN surely AS s USING (case_id)
$$;
