WITH q2 AS
(SELECT t3.id AS id, t3.phone AS phone, t3.phone_sealed AS phone_sealed, t3.case_id AS case_id
FROM parties AS t3
WHERE EXISTS (SELECT 1
FROM cases AS s0
WHERE (s0.district = $1::VARCHAR OR s0.organisation_id = $2::VARCHAR OR EXISTS (SELECT 1
FROM source_records AS s1
WHERE s1.organisation_id = $2::VARCHAR AND s1.case_id = s0.id) OR EXISTS (SELECT 1
FROM referrals AS s2
WHERE (s2.sender_id = $2::VARCHAR OR s2.receiver_id = $2::VARCHAR OR s2.lead_id = $2::VARCHAR OR EXISTS (SELECT 1
FROM referral_members AS s3
WHERE s3.organisation_id = $2::VARCHAR AND s3.referral_id = s2.id)) AND s2.case_id = s0.id)) AND s0.id = t3.case_id) ORDER BY t3.id ASC LIMIT 20 )
 SELECT convert_to(coalesce(('{"data":{"parties":' || (SELECT ('{"nodes":[' || coalesce(string_agg(coalesce(r1.a0, '␁'), ','), '') || ']}') AS joined_1
FROM (SELECT ('{"phone":' || coalesce(CAST(to_json(p0.phone) AS TEXT), 'null') || ',"phoneOpened":[0,' || coalesce(CAST(to_json(p0.id) AS TEXT), 'null') || ',' || coalesce(CAST(to_json(p0.phone_sealed) AS TEXT), 'null') || ',' || coalesce(CAST(to_json(p0.case_id) AS TEXT), 'null') || ']}') AS a0
FROM q2 AS p0 LIMIT 20 ) AS r1) || '}}'), '␁'), 'UTF8') AS answer
