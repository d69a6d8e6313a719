WITH q2 AS
(SELECT t9.id AS id
FROM cases AS t9
WHERE t9.district = ? OR t9.id IN (SELECT s0.id
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
WHERE s10.organisation_id = ?) ORDER BY t9.id ASC LIMIT 20 )
 SELECT CAST(coalesce(('{"data":{"cases":' || (SELECT ('{"nodes":[' || coalesce(group_concat(coalesce(('{"events":' || r1.a0 || '}'), '␁'), ','), '') || ']}') AS joined_1
FROM (SELECT (SELECT ('{"nodes":[' || coalesce(group_concat(coalesce(('{"facts":' || r4.a0 || '}'), '␁'), ','), '') || ']}') AS joined_2
FROM (SELECT (SELECT ('[' || coalesce(group_concat(coalesce(('{"id":' || coalesce(json_quote(r7.a0), 'null') || ',"name":' || coalesce(json_quote(r7.a1), 'null') || '}'), '␁'), ','), '') || ']') AS joined_3
FROM (SELECT e6.place AS o, json_extract(e6.item, '$.id') AS a0, json_extract(e6.item, '$.name') AS a1
FROM (SELECT key AS place, value AS item FROM json_each(p3.facts)) AS e6 ORDER BY o LIMIT 1000000000 ) AS r7) AS a0
FROM (SELECT t8.id AS id, t8.facts AS facts
FROM events AS t8
WHERE t8.case_id = p0.id ORDER BY t8.id ASC LIMIT 20 ) AS p3 LIMIT 20 ) AS r4) AS a0
FROM q2 AS p0 LIMIT 20 ) AS r1) || '}}'), '␁') AS BLOB) AS answer
