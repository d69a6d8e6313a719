WITH q2 AS
(SELECT t3.id AS id, t3.phone AS phone, t3.phone_sealed AS phone_sealed, t3.case_id AS case_id
FROM parties AS t3
WHERE EXISTS (SELECT 1
FROM cases AS s0
WHERE (s0.district = ? OR s0.organisation_id = ? OR EXISTS (SELECT 1
FROM source_records AS s1
WHERE s1.organisation_id = ? AND s1.case_id = s0.id LIMIT 1) OR EXISTS (SELECT 1
FROM referrals AS s2
WHERE (s2.sender_id = ? OR s2.receiver_id = ? OR s2.lead_id = ? OR EXISTS (SELECT 1
FROM referral_members AS s3
WHERE s3.organisation_id = ? AND s3.referral_id = s2.id LIMIT 1)) AND s2.case_id = s0.id LIMIT 1)) AND s0.id = t3.case_id LIMIT 1) ORDER BY t3.id ASC LIMIT 20 )
 SELECT CAST(coalesce(('{"data":{"parties":' || (SELECT ('{"nodes":[' || coalesce(group_concat(coalesce(r1.a0, '␁'), ','), '') || ']}') AS joined_1
FROM (SELECT ('{"phone":' || coalesce(json_quote(p0.phone), 'null') || ',"phoneOpened":[0,' || coalesce(json_quote(p0.id), 'null') || ',' || coalesce(json_quote(p0.phone_sealed), 'null') || ',' || coalesce(json_quote(p0.case_id), 'null') || ']}') AS a0
FROM q2 AS p0 LIMIT 20 ) AS r1) || '}}'), '␁') AS BLOB) AS answer
