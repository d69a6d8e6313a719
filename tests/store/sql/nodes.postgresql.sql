SELECT convert_to(coalesce(('{"data":{"nodes":' || (SELECT ('[' || coalesce(string_agg(coalesce(r5.j, '␁'), ','), '') || ']') AS joined_1
FROM (SELECT n0.place AS o, CASE WHEN (substr((n0.item ->> 0), 1, 5) = 'case_') THEN coalesce((SELECT coalesce(('{"id":' || ('"' || p1.id || '"') || ',"number":' || CAST(to_json(p1.number) AS TEXT) || '}'), '␁') AS coalesce_1
FROM cases AS p1
WHERE p1.id = (n0.item ->> 0) AND (p1.district = $1::VARCHAR OR p1.organisation_id = $2::VARCHAR OR EXISTS (SELECT 1
FROM source_records AS s0
WHERE s0.organisation_id = $2::VARCHAR AND s0.case_id = p1.id) OR EXISTS (SELECT 1
FROM referrals AS s1
WHERE (s1.sender_id = $2::VARCHAR OR s1.receiver_id = $2::VARCHAR OR s1.lead_id = $2::VARCHAR OR EXISTS (SELECT 1
FROM referral_members AS s2
WHERE s2.organisation_id = $2::VARCHAR AND s2.referral_id = s1.id)) AND s1.case_id = p1.id))), 'null') WHEN (substr((n0.item ->> 0), 1, 7) = 'region_') THEN coalesce((SELECT coalesce(('{"id":' || ('"' || p3.id || '"') || ',"name":' || CAST(to_json(p3.name) AS TEXT) || '}'), '␁') AS coalesce_2
FROM regions AS p3
WHERE p3.id = (n0.item ->> 0)), 'null') ELSE 'null' END AS j
FROM (SELECT e.place, e.item FROM json_array_elements(CAST($3::VARCHAR AS json)) WITH ORDINALITY AS e(item, place)) AS n0 ORDER BY o LIMIT 1000000000 ) AS r5) || '}}'), '␁'), 'UTF8') AS answer
