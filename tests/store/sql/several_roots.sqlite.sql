WITH q2 AS
(SELECT t3.id AS id, t3.number AS number
FROM cases AS t3
WHERE t3.district = ? OR t3.id IN (SELECT s0.id
FROM cases AS s0
WHERE s0.organisation_id = ? UNION ALL SELECT s1.case_id
FROM source_records AS s1
WHERE s1.organisation_id = ? UNION ALL SELECT s3.case_id
FROM referrals AS s3
WHERE s3.sender_id = ? UNION ALL SELECT s5.case_id
FROM referrals AS s5
WHERE s5.receiver_id = ? UNION ALL SELECT s7.case_id
FROM referrals AS s7
WHERE s7.lead_id = ? UNION ALL SELECT s9.case_id
FROM referrals AS s9 JOIN referral_members AS s10 ON s10.referral_id = s9.id
WHERE s10.organisation_id = ?) ORDER BY t3.id ASC LIMIT 1 ),
q6n0 AS
(SELECT count(*) AS n
FROM regions AS t7)
 SELECT CAST(coalesce(('{"data":{"__typename":"Query","a":' || (SELECT ('{"nodes":[' || coalesce(group_concat(coalesce(r1.a0, '␁'), ','), '') || ']}') AS joined_1
FROM (SELECT ('{"number":' || json_quote(p0.number) || '}') AS a0
FROM q2 AS p0 LIMIT 1 ) AS r1) || ',"regions":' || (SELECT ('{"totalCount":' || CAST((SELECT n FROM q6n0) AS TEXT) || '}') AS joined_2) || ',"caseStatistics":' || (SELECT ('[' || coalesce(group_concat(coalesce(r10.a0, '␁'), ','), '') || ']') AS joined_3
FROM (SELECT ('{"count":' || CAST(g9.n AS TEXT) || '}') AS a0
FROM (SELECT count(*) AS n
FROM cases AS t8
WHERE t8.district = ? OR t8.id IN (SELECT s12.id
FROM cases AS s12
WHERE s12.organisation_id = ? UNION ALL SELECT s13.case_id
FROM source_records AS s13
WHERE s13.organisation_id = ? UNION ALL SELECT s15.case_id
FROM referrals AS s15
WHERE s15.sender_id = ? UNION ALL SELECT s17.case_id
FROM referrals AS s17
WHERE s17.receiver_id = ? UNION ALL SELECT s19.case_id
FROM referrals AS s19
WHERE s19.lead_id = ? UNION ALL SELECT s21.case_id
FROM referrals AS s21 JOIN referral_members AS s22 ON s22.referral_id = s21.id
WHERE s22.organisation_id = ?)) AS g9 LIMIT 1000000000 ) AS r10) || '}}'), '␁') AS BLOB) AS answer
