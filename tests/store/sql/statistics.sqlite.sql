SELECT CAST(coalesce(('{"data":{"caseStatistics":' || (SELECT ('[' || coalesce(group_concat(coalesce(r2.a0, '␁'), ','), '') || ']') AS joined_1
FROM (SELECT ('{"state":' || coalesce(('"' || g1.k0 || '"'), 'null') || ',"district":' || CASE WHEN (j3.id IS NULL) THEN 'null' ELSE ('{"name":' || json_quote(j3.name) || '}') END || ',"registeredOnMonth":' || coalesce(('"' || g1.k2 || '"'), 'null') || ',"count":' || CAST(g1.n AS TEXT) || ',"amountSum":' || CASE WHEN g1.s_amount IS NOT NULL THEN printf('"%s%d.%02d"', CASE WHEN g1.s_amount < 0 THEN '-' ELSE '' END, abs(g1.s_amount) / 100, abs(g1.s_amount) % 100) END || '}') AS a0
FROM (SELECT t0.state AS k0, t0.district AS k1, substr(CAST(t0.registered_on AS TEXT), 1, 7) AS k2, count(*) AS n, CAST(coalesce(sum(t0.amount), 0) AS BIGINT) AS s_amount
FROM cases AS t0
WHERE t0.district = ? OR t0.id IN (SELECT s0.id
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
WHERE s10.organisation_id = ?) GROUP BY 1, 2, 3) AS g1 LEFT OUTER JOIN regions AS j3 ON j3.id = ('region_' || g1.k1) ORDER BY g1.k0 ASC NULLS LAST, g1.k1 ASC NULLS LAST, g1.k2 ASC NULLS LAST LIMIT 1000000000 ) AS r2) || '}}'), '␁') AS BLOB) AS answer
