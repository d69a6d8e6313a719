WITH q2 AS
(SELECT t8.id AS id, t8.number AS number, t8.mediator_id AS mediator_id
FROM cases AS t8
WHERE t8.district = $1::VARCHAR OR t8.id IN (SELECT s0.id
FROM cases AS s0
WHERE s0.organisation_id = $2::VARCHAR UNION ALL SELECT s1.case_id
FROM source_records AS s1
WHERE s1.organisation_id = $2::VARCHAR UNION ALL SELECT s3.case_id
FROM referrals AS s3
WHERE s3.sender_id = $2::VARCHAR UNION ALL SELECT s5.case_id
FROM referrals AS s5
WHERE s5.receiver_id = $2::VARCHAR UNION ALL SELECT s7.case_id
FROM referrals AS s7
WHERE s7.lead_id = $2::VARCHAR UNION ALL SELECT s9.case_id
FROM referrals AS s9 JOIN referral_members AS s10 ON s10.referral_id = s9.id
WHERE s10.organisation_id = $2::VARCHAR) ORDER BY t8.id ASC LIMIT 5 )
 SELECT convert_to(coalesce(('{"data":{"cases":' || (SELECT ('{"nodes":[' || coalesce(string_agg(coalesce((r1.a1 || r1.a0 || '}'), '␁'), ','), '') || ']}') AS joined_1
FROM (SELECT (SELECT ('{"nodes":[' || coalesce(string_agg(coalesce(r5.a0, '␁'), ','), '') || ']}') AS joined_2
FROM (SELECT ('␂' || p4.id || '␃{"role":' || ('"' || p4.role || '"') || '}') AS a0
FROM (SELECT t7.id AS id, t7.role AS role
FROM parties AS t7
WHERE t7.case_id = p0.id ORDER BY t7.id ASC LIMIT 20 ) AS p4 LIMIT 20 ) AS r5) AS a0, ('␂' || p0.id || '␃{"number":' || CAST(to_json(p0.number) AS TEXT) || ',"mediator":' || CASE WHEN (j3.id IS NULL) THEN 'null' ELSE ('␂' || j3.id || '␃{"name":' || CAST(to_json(j3.name) AS TEXT) || '}') END || ',"parties":') AS a1
FROM q2 AS p0 LEFT OUTER JOIN mediators AS j3 ON j3.id = p0.mediator_id ORDER BY p0.id ASC LIMIT 5 ) AS r1) || '}}'), '␁'), 'UTF8') AS answer
