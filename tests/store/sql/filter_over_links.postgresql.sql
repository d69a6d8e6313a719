WITH q2 AS
(SELECT t3.id AS id, t3.number AS number
FROM cases AS t3
WHERE (t3.district = $1::VARCHAR OR t3.id IN (SELECT s0.id
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
WHERE s10.organisation_id = $2::VARCHAR)) AND (t3.outcome IS NULL OR t3.online = $3::BOOLEAN) AND (t3.amount > $4::BIGINT) IS NOT TRUE AND EXISTS (SELECT 1
FROM organisations AS f4
WHERE f4.level = $5::VARCHAR AND f4.id = t3.organisation_id) AND EXISTS (SELECT 1
FROM parties AS f5
WHERE EXISTS (SELECT 1
FROM cases AS s12
WHERE (s12.district = $1::VARCHAR OR s12.organisation_id = $2::VARCHAR OR EXISTS (SELECT 1
FROM source_records AS s13
WHERE s13.organisation_id = $2::VARCHAR AND s13.case_id = s12.id) OR EXISTS (SELECT 1
FROM referrals AS s14
WHERE (s14.sender_id = $2::VARCHAR OR s14.receiver_id = $2::VARCHAR OR s14.lead_id = $2::VARCHAR OR EXISTS (SELECT 1
FROM referral_members AS s15
WHERE s15.organisation_id = $2::VARCHAR AND s15.referral_id = s14.id)) AND s14.case_id = s12.id)) AND s12.id = f5.case_id) AND f5.role = $6::VARCHAR AND f5.case_id = t3.id) AND NOT EXISTS (SELECT 1
FROM referrals AS f6
WHERE (EXISTS (SELECT 1
FROM cases AS s16
WHERE (s16.district = $1::VARCHAR OR s16.organisation_id = $2::VARCHAR OR EXISTS (SELECT 1
FROM source_records AS s17
WHERE s17.organisation_id = $2::VARCHAR AND s17.case_id = s16.id) OR EXISTS (SELECT 1
FROM referrals AS s18
WHERE (s18.sender_id = $2::VARCHAR OR s18.receiver_id = $2::VARCHAR OR s18.lead_id = $2::VARCHAR OR EXISTS (SELECT 1
FROM referral_members AS s19
WHERE s19.organisation_id = $2::VARCHAR AND s19.referral_id = s18.id)) AND s18.case_id = s16.id)) AND s16.id = f6.case_id) OR f6.sender_id = $2::VARCHAR OR f6.receiver_id = $2::VARCHAR OR f6.lead_id = $2::VARCHAR OR EXISTS (SELECT 1
FROM referral_members AS s20
WHERE s20.organisation_id = $2::VARCHAR AND s20.referral_id = f6.id)) AND EXISTS (SELECT 1
FROM courts AS f7
WHERE f7.code = ANY ($7::TEXT[]) AND f7.id = f6.court_id) AND f6.case_id = t3.id) ORDER BY t3.id ASC LIMIT 20 )
 SELECT convert_to(coalesce(('{"data":{"cases":' || (SELECT ('{"nodes":[' || coalesce(string_agg(coalesce(r1.a0, '␁'), ','), '') || ']}') AS joined_1
FROM (SELECT ('{"number":' || CAST(to_json(p0.number) AS TEXT) || '}') AS a0
FROM q2 AS p0 LIMIT 20 ) AS r1) || '}}'), '␁'), 'UTF8') AS answer
