WITH q2n0 AS
(SELECT count(*) AS n
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
WHERE s10.organisation_id = ?)),
q2 AS
(SELECT t4.id AS id, t4.number AS number
FROM cases AS t4
WHERE t4.district = ? OR t4.id IN (SELECT s12.id
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
WHERE s22.organisation_id = ?) ORDER BY t4.id ASC LIMIT 11 )
 SELECT CAST(coalesce(('{"data":{"cases":' || (SELECT ('{"totalCount":' || CAST((SELECT n FROM q2n0) AS TEXT) || ',"edges":[' || coalesce(group_concat(coalesce(r1.a0, '␁'), ','), '') || '],"pageInfo":{"hasNextPage":' || CASE WHEN (SELECT count(*) FROM q2) > 10 THEN 'true' ELSE 'false' END || ',"hasPreviousPage":false,"startCursor":' || coalesce((SELECT coalesce(('"' || nullif(lower(hex(('["id:a",' || ('"' || q2e.id || '"') || ']'))), '') || '"'), '␁') AS coalesce_1
FROM q2 AS q2e ORDER BY q2e.id ASC LIMIT 1 ), 'null') || ',"endCursor":' || coalesce((SELECT coalesce(('"' || nullif(lower(hex(('["id:a",' || ('"' || q2e.id || '"') || ']'))), '') || '"'), '␁') AS coalesce_2
FROM (SELECT q2e.id AS id
FROM q2 AS q2e LIMIT 10 ) AS q2e ORDER BY q2e.id DESC LIMIT 1 ), 'null') || '}}') AS joined_1
FROM (SELECT ('{"cursor":"' || nullif(lower(hex(('["id:a",' || ('"' || p0.id || '"') || ']'))), '') || '","node":{"number":' || json_quote(p0.number) || '}}') AS a0
FROM q2 AS p0 LIMIT 10 ) AS r1) || '}}'), '␁') AS BLOB) AS answer
