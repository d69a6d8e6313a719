SELECT convert_to(coalesce(('{"data":{"_entities":' || (SELECT ('[' || coalesce(string_agg(coalesce(r8.j, '␁'), ','), '') || ']') AS joined_1
FROM (SELECT *
FROM (SELECT CAST((e0.item ->> 0) AS INTEGER) AS o, coalesce((SELECT coalesce(('{"number":' || CAST(to_json(p1.number) AS TEXT) || '}'), '␁') AS coalesce_1
FROM cases AS p1
WHERE p1.id = (e0.item ->> 1) AND (p1.district = $1::VARCHAR OR p1.organisation_id = $2::VARCHAR OR EXISTS (SELECT 1
FROM source_records AS s0
WHERE s0.organisation_id = $2::VARCHAR AND s0.case_id = p1.id) OR EXISTS (SELECT 1
FROM referrals AS s1
WHERE (s1.sender_id = $2::VARCHAR OR s1.receiver_id = $2::VARCHAR OR s1.lead_id = $2::VARCHAR OR EXISTS (SELECT 1
FROM referral_members AS s2
WHERE s2.organisation_id = $2::VARCHAR AND s2.referral_id = s1.id)) AND s1.case_id = p1.id))), 'null') AS j
FROM (SELECT e.place, e.item FROM json_array_elements(CAST($3::VARCHAR AS json)) WITH ORDINALITY AS e(item, place)) AS e0 UNION ALL SELECT CAST((e3.item ->> 0) AS INTEGER) AS o, coalesce((SELECT coalesce(('{"number":' || CAST(to_json(p4.number) AS TEXT) || '}'), '␁') AS coalesce_2
FROM cases AS p4
WHERE p4.number = (e3.item ->> 1) AND (p4.district = $1::VARCHAR OR p4.organisation_id = $2::VARCHAR OR EXISTS (SELECT 1
FROM source_records AS s3
WHERE s3.organisation_id = $2::VARCHAR AND s3.case_id = p4.id) OR EXISTS (SELECT 1
FROM referrals AS s4
WHERE (s4.sender_id = $2::VARCHAR OR s4.receiver_id = $2::VARCHAR OR s4.lead_id = $2::VARCHAR OR EXISTS (SELECT 1
FROM referral_members AS s5
WHERE s5.organisation_id = $2::VARCHAR AND s5.referral_id = s4.id)) AND s4.case_id = p4.id))), 'null') AS j
FROM (SELECT e.place, e.item FROM json_array_elements(CAST($4::VARCHAR AS json)) WITH ORDINALITY AS e(item, place)) AS e3 UNION ALL SELECT CAST((e6.item ->> 0) AS INTEGER) AS o, 'null' AS j
FROM (SELECT e.place, e.item FROM json_array_elements(CAST($5::VARCHAR AS json)) WITH ORDINALITY AS e(item, place)) AS e6) AS u7 ORDER BY o LIMIT 1000000000 ) AS r8) || '}}'), '␁'), 'UTF8') AS answer
