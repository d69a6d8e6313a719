WITH q2n0 AS
(SELECT count(*) AS n
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
WHERE s10.organisation_id = $2::VARCHAR)) AND (to_tsvector('simple', t3.search_tokens) @@ CAST($3::VARCHAR AS tsquery) AND strpos(t3.search_tokens, $4::VARCHAR) > 0)),
q2 AS
(SELECT t4.id AS id, t4.title AS title
FROM cases AS t4
WHERE (t4.district = $1::VARCHAR OR t4.id IN (SELECT s12.id
FROM cases AS s12
WHERE s12.organisation_id = $2::VARCHAR UNION ALL SELECT s13.case_id
FROM source_records AS s13
WHERE s13.organisation_id = $2::VARCHAR UNION ALL SELECT s15.case_id
FROM referrals AS s15
WHERE s15.sender_id = $2::VARCHAR UNION ALL SELECT s17.case_id
FROM referrals AS s17
WHERE s17.receiver_id = $2::VARCHAR UNION ALL SELECT s19.case_id
FROM referrals AS s19
WHERE s19.lead_id = $2::VARCHAR UNION ALL SELECT s21.case_id
FROM referrals AS s21 JOIN referral_members AS s22 ON s22.referral_id = s21.id
WHERE s22.organisation_id = $2::VARCHAR)) AND (to_tsvector('simple', t4.search_tokens) @@ CAST($3::VARCHAR AS tsquery) AND strpos(t4.search_tokens, $4::VARCHAR) > 0) ORDER BY t4.id ASC LIMIT 20 )
 SELECT convert_to(coalesce(('{"data":{"cases":' || (SELECT ('{"totalCount":' || CAST((SELECT n FROM q2n0) AS TEXT) || ',"nodes":[' || coalesce(string_agg(coalesce(r1.a0, '␁'), ','), '') || ']}') AS joined_1
FROM (SELECT ('{"title":' || CAST(to_json(p0.title) AS TEXT) || '}') AS a0
FROM q2 AS p0 LIMIT 20 ) AS r1) || '}}'), '␁'), 'UTF8') AS answer
