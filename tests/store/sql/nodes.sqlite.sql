SELECT CAST(coalesce(('{"data":{"nodes":' || (SELECT ('[' || coalesce(group_concat(coalesce(r5.j, '␁'), ','), '') || ']') AS joined_1
FROM (SELECT n0.place AS o, CASE WHEN (substr(json_extract(n0.item, '$[0]'), 1, 5) = 'case_') THEN coalesce((SELECT coalesce(('{"id":' || ('"' || p1.id || '"') || ',"number":' || json_quote(p1.number) || '}'), '␁') AS coalesce_1
FROM cases AS p1
WHERE p1.id = json_extract(n0.item, '$[0]') AND (p1.district = ? OR p1.organisation_id = ? OR EXISTS (SELECT 1
FROM source_records AS s0
WHERE s0.organisation_id = ? AND s0.case_id = p1.id LIMIT 1) OR EXISTS (SELECT 1
FROM referrals AS s1
WHERE (s1.sender_id = ? OR s1.receiver_id = ? OR s1.lead_id = ? OR EXISTS (SELECT 1
FROM referral_members AS s2
WHERE s2.organisation_id = ? AND s2.referral_id = s1.id LIMIT 1)) AND s1.case_id = p1.id LIMIT 1))), 'null') WHEN (substr(json_extract(n0.item, '$[0]'), 1, 7) = 'region_') THEN coalesce((SELECT coalesce(('{"id":' || ('"' || p3.id || '"') || ',"name":' || json_quote(p3.name) || '}'), '␁') AS coalesce_2
FROM regions AS p3
WHERE p3.id = json_extract(n0.item, '$[0]')), 'null') ELSE 'null' END AS j
FROM (SELECT key AS place, value AS item FROM json_each(?)) AS n0 ORDER BY o LIMIT 1000000000 ) AS r5) || '}}'), '␁') AS BLOB) AS answer
