WITH q2 AS
(SELECT *
FROM (SELECT *
FROM (SELECT t3.id AS id, t3.due_on AS due_on
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
WHERE s10.organisation_id = $2::VARCHAR)) AND (t3.due_on, t3.id) > ($3::DATE, $4::VARCHAR) ORDER BY t3.due_on ASC NULLS LAST, t3.id ASC LIMIT 20 ) AS h5 UNION ALL SELECT *
FROM (SELECT t3.id AS id, t3.due_on AS due_on
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
WHERE s10.organisation_id = $2::VARCHAR)) AND t3.due_on IS NULL ORDER BY t3.due_on ASC NULLS LAST, t3.id ASC LIMIT 20 ) AS h6) AS u4 ORDER BY u4.due_on ASC NULLS LAST, u4.id ASC LIMIT 20 )
 SELECT convert_to(coalesce(('{"data":{"cases":' || (SELECT ('{"nodes":[' || coalesce(string_agg(coalesce(r1.a0, '␁'), ','), '') || ']}') AS joined_1
FROM (SELECT ('{"dueOn":' || coalesce(('"' || CAST(p0.due_on AS TEXT) || '"'), 'null') || '}') AS a0
FROM q2 AS p0 LIMIT 20 ) AS r1) || '}}'), '␁'), 'UTF8') AS answer
