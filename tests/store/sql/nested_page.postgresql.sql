WITH q2 AS
(SELECT t18.id AS id, t18.number AS number, t18.organisation_id AS organisation_id, t18.mediator_id AS mediator_id
FROM cases AS t18
WHERE t18.district = $1::VARCHAR OR t18.id IN (SELECT s5.id
FROM cases AS s5
WHERE s5.organisation_id = $2::VARCHAR UNION ALL SELECT s6.case_id
FROM source_records AS s6
WHERE s6.organisation_id = $2::VARCHAR UNION ALL SELECT s8.case_id
FROM referrals AS s8
WHERE s8.sender_id = $2::VARCHAR UNION ALL SELECT s10.case_id
FROM referrals AS s10
WHERE s10.receiver_id = $2::VARCHAR UNION ALL SELECT s12.case_id
FROM referrals AS s12
WHERE s12.lead_id = $2::VARCHAR UNION ALL SELECT s14.case_id
FROM referrals AS s14 JOIN referral_members AS s15 ON s15.referral_id = s14.id
WHERE s15.organisation_id = $2::VARCHAR) ORDER BY t18.id ASC LIMIT 50 )
 SELECT convert_to(coalesce(('{"data":{"cases":' || (SELECT ('{"nodes":[' || coalesce(string_agg(coalesce((r1.a2 || r1.a0 || ',"referrals":' || r1.a1 || '}'), '␁'), ','), '') || ']}') AS joined_1
FROM (SELECT (SELECT ('{"nodes":[' || coalesce(string_agg(coalesce(r7.a0, '␁'), ','), '') || ']}') AS joined_2
FROM (SELECT ('{"name":' || CAST(to_json((substr(p6.name, 1, 1) || '*')) AS TEXT) || ',"phone":' || coalesce(CAST(to_json(p6.phone) AS TEXT), 'null') || '}') AS a0
FROM (SELECT t9.id AS id, t9.name AS name, t9.phone AS phone
FROM parties AS t9
WHERE t9.case_id = p0.id ORDER BY t9.id ASC LIMIT 20 ) AS p6 LIMIT 20 ) AS r7) AS a0, (SELECT ('{"nodes":[' || coalesce(string_agg(coalesce((r11.a1 || r11.a0 || '}'), '␁'), ','), '') || ']}') AS joined_3
FROM (SELECT (SELECT ('{"nodes":[' || coalesce(string_agg(coalesce(r14.a0, '␁'), ','), '') || ']}') AS joined_4
FROM (SELECT ('{"joinedOn":' || ('"' || CAST(p13.joined_on AS TEXT) || '"') || '}') AS a0
FROM (SELECT t16.id AS id, t16.joined_on AS joined_on
FROM referral_members AS t16
WHERE t16.referral_id = p10.id AND (EXISTS (SELECT 1
FROM referrals AS s0
WHERE EXISTS (SELECT 1
FROM cases AS s1
WHERE (s1.district = $1::VARCHAR OR s1.organisation_id = $2::VARCHAR OR EXISTS (SELECT 1
FROM source_records AS s2
WHERE s2.organisation_id = $2::VARCHAR AND s2.case_id = s1.id) OR EXISTS (SELECT 1
FROM referrals AS s3
WHERE (s3.sender_id = $2::VARCHAR OR s3.receiver_id = $2::VARCHAR OR s3.lead_id = $2::VARCHAR OR EXISTS (SELECT 1
FROM referral_members AS s4
WHERE s4.organisation_id = $2::VARCHAR AND s4.referral_id = s3.id)) AND s3.case_id = s1.id)) AND s1.id = s0.case_id) AND s0.id = t16.referral_id) OR t16.organisation_id = $2::VARCHAR) ORDER BY t16.id ASC LIMIT 20 ) AS p13 LIMIT 20 ) AS r14) AS a0, ('{"number":' || CAST(to_json(p10.number) AS TEXT) || ',"members":') AS a1
FROM (SELECT t17.id AS id, t17.number AS number
FROM referrals AS t17
WHERE t17.case_id = p0.id ORDER BY t17.id ASC LIMIT 5 ) AS p10 LIMIT 5 ) AS r11) AS a1, ('{"number":' || CAST(to_json(p0.number) AS TEXT) || ',"organisation":' || CASE WHEN (j3.id IS NULL) THEN 'null' ELSE ('{"name":' || CAST(to_json(j3.name) AS TEXT) || ',"region":' || CASE WHEN (j4.id IS NULL) THEN 'null' ELSE ('{"name":' || CAST(to_json(j4.name) AS TEXT) || '}') END || '}') END || ',"mediator":' || CASE WHEN (j5.id IS NULL) THEN 'null' ELSE ('{"name":' || CAST(to_json(j5.name) AS TEXT) || '}') END || ',"parties":') AS a2
FROM q2 AS p0 LEFT OUTER JOIN organisations AS j3 ON j3.id = p0.organisation_id LEFT OUTER JOIN regions AS j4 ON j4.id = j3.region_id LEFT OUTER JOIN mediators AS j5 ON j5.id = p0.mediator_id ORDER BY p0.id ASC LIMIT 50 ) AS r1) || '}}'), '␁'), 'UTF8') AS answer
