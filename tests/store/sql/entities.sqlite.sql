SELECT CAST(coalesce(('{"data":{"_entities":' || (SELECT ('[' || coalesce(group_concat(coalesce(r8.j, '␁'), ','), '') || ']') AS joined_1
FROM (SELECT *
FROM (SELECT CAST(json_extract(e0.item, '$[0]') AS INTEGER) AS o, coalesce((SELECT coalesce(('{"number":' || json_quote(p1.number) || '}'), '␁') AS coalesce_1
FROM cases AS p1
WHERE p1.id = json_extract(e0.item, '$[1]') AND (p1.district = ? OR p1.organisation_id = ? OR EXISTS (SELECT 1
FROM source_records AS s0
WHERE s0.organisation_id = ? AND s0.case_id = p1.id LIMIT 1) OR EXISTS (SELECT 1
FROM referrals AS s1
WHERE (s1.sender_id = ? OR s1.receiver_id = ? OR s1.lead_id = ? OR EXISTS (SELECT 1
FROM referral_members AS s2
WHERE s2.organisation_id = ? AND s2.referral_id = s1.id LIMIT 1)) AND s1.case_id = p1.id LIMIT 1))), 'null') AS j
FROM (SELECT key AS place, value AS item FROM json_each(?)) AS e0 UNION ALL SELECT CAST(json_extract(e3.item, '$[0]') AS INTEGER) AS o, coalesce((SELECT coalesce(('{"number":' || json_quote(p4.number) || '}'), '␁') AS coalesce_2
FROM cases AS p4
WHERE p4.number = json_extract(e3.item, '$[1]') AND (p4.district = ? OR p4.organisation_id = ? OR EXISTS (SELECT 1
FROM source_records AS s3
WHERE s3.organisation_id = ? AND s3.case_id = p4.id LIMIT 1) OR EXISTS (SELECT 1
FROM referrals AS s4
WHERE (s4.sender_id = ? OR s4.receiver_id = ? OR s4.lead_id = ? OR EXISTS (SELECT 1
FROM referral_members AS s5
WHERE s5.organisation_id = ? AND s5.referral_id = s4.id LIMIT 1)) AND s4.case_id = p4.id LIMIT 1))), 'null') AS j
FROM (SELECT key AS place, value AS item FROM json_each(?)) AS e3 UNION ALL SELECT CAST(json_extract(e6.item, '$[0]') AS INTEGER) AS o, 'null' AS j
FROM (SELECT key AS place, value AS item FROM json_each(?)) AS e6) AS u7 ORDER BY o LIMIT 1000000000 ) AS r8) || '}}'), '␁') AS BLOB) AS answer
