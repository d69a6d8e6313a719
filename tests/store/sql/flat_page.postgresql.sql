WITH q2 AS
(SELECT t3.id AS id, t3.number AS number, t3.state AS state, t3.registered_at AS registered_at
FROM cases AS t3
WHERE t3.district = $1::VARCHAR OR t3.id IN (SELECT s0.id
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
WHERE s10.organisation_id = $2::VARCHAR) ORDER BY t3.registered_at DESC, t3.id DESC LIMIT 50 )
 SELECT convert_to(coalesce(('{"data":{"cases":' || (SELECT ('{"nodes":[' || coalesce(string_agg(coalesce(r1.a0, '␁'), ','), '') || ']}') AS joined_1
FROM (SELECT ('{"id":' || ('"' || p0.id || '"') || ',"number":' || CAST(to_json(p0.number) AS TEXT) || ',"state":' || ('"' || p0.state || '"') || '}') AS a0
FROM q2 AS p0 LIMIT 50 ) AS r1) || '}}'), '␁'), 'UTF8') AS answer
