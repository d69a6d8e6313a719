WITH q2 AS
(SELECT t20.id AS id, t20.case_id AS case_id
FROM parties AS t20
WHERE EXISTS (SELECT 1
FROM cases AS s24
WHERE (s24.district = $1::VARCHAR OR s24.organisation_id = $2::VARCHAR OR EXISTS (SELECT 1
FROM source_records AS s25
WHERE s25.organisation_id = $2::VARCHAR AND s25.case_id = s24.id) OR EXISTS (SELECT 1
FROM referrals AS s26
WHERE (s26.sender_id = $2::VARCHAR OR s26.receiver_id = $2::VARCHAR OR s26.lead_id = $2::VARCHAR OR EXISTS (SELECT 1
FROM referral_members AS s27
WHERE s27.organisation_id = $2::VARCHAR AND s27.referral_id = s26.id)) AND s26.case_id = s24.id)) AND s24.id = t20.case_id) ORDER BY t20.id ASC LIMIT 20 )
 SELECT convert_to(coalesce(('{"data":{"parties":' || (SELECT ('{"nodes":[' || coalesce(string_agg(coalesce(('{"case":' || CASE WHEN (r1.a1 IS NULL) THEN 'null' ELSE ('{"events":' || r1.a0 || '}') END || '}'), '␁'), ','), '') || ']}') AS joined_1
FROM (SELECT (SELECT ('{"nodes":[' || coalesce(string_agg(coalesce(('{"subject":' || r5.a0 || '}'), '␁'), ','), '') || ']}') AS joined_2
FROM (SELECT CASE WHEN (substr(p4.subject_id, 1, 5) = 'case_') THEN coalesce((SELECT coalesce(('{"number":' || CAST(to_json(p7.number) AS TEXT) || '}'), '␁') AS coalesce_1
FROM cases AS p7
WHERE p7.id = p4.subject_id AND (p7.district = $1::VARCHAR OR p7.organisation_id = $2::VARCHAR OR EXISTS (SELECT 1
FROM source_records AS s0
WHERE s0.organisation_id = $2::VARCHAR AND s0.case_id = p7.id) OR EXISTS (SELECT 1
FROM referrals AS s1
WHERE (s1.sender_id = $2::VARCHAR OR s1.receiver_id = $2::VARCHAR OR s1.lead_id = $2::VARCHAR OR EXISTS (SELECT 1
FROM referral_members AS s2
WHERE s2.organisation_id = $2::VARCHAR AND s2.referral_id = s1.id)) AND s1.case_id = p7.id))), 'null') WHEN (substr(p4.subject_id, 1, 6) = 'party_') THEN coalesce((SELECT coalesce(('{"name":' || CAST(to_json((substr(p9.name, 1, 1) || '*')) AS TEXT) || '}'), '␁') AS coalesce_2
FROM parties AS p9
WHERE p9.id = p4.subject_id AND EXISTS (SELECT 1
FROM cases AS s3
WHERE (s3.district = $1::VARCHAR OR s3.organisation_id = $2::VARCHAR OR EXISTS (SELECT 1
FROM source_records AS s4
WHERE s4.organisation_id = $2::VARCHAR AND s4.case_id = s3.id) OR EXISTS (SELECT 1
FROM referrals AS s5
WHERE (s5.sender_id = $2::VARCHAR OR s5.receiver_id = $2::VARCHAR OR s5.lead_id = $2::VARCHAR OR EXISTS (SELECT 1
FROM referral_members AS s6
WHERE s6.organisation_id = $2::VARCHAR AND s6.referral_id = s5.id)) AND s5.case_id = s3.id)) AND s3.id = p9.case_id)), 'null') WHEN (substr(p4.subject_id, 1, 5) = 'mode_') THEN coalesce((SELECT coalesce('{}', '␁') AS coalesce_3
FROM case_modes AS p11
WHERE p11.id = p4.subject_id AND EXISTS (SELECT 1
FROM cases AS s7
WHERE (s7.district = $1::VARCHAR OR s7.organisation_id = $2::VARCHAR OR EXISTS (SELECT 1
FROM source_records AS s8
WHERE s8.organisation_id = $2::VARCHAR AND s8.case_id = s7.id) OR EXISTS (SELECT 1
FROM referrals AS s9
WHERE (s9.sender_id = $2::VARCHAR OR s9.receiver_id = $2::VARCHAR OR s9.lead_id = $2::VARCHAR OR EXISTS (SELECT 1
FROM referral_members AS s10
WHERE s10.organisation_id = $2::VARCHAR AND s10.referral_id = s9.id)) AND s9.case_id = s7.id)) AND s7.id = p11.case_id)), 'null') WHEN (substr(p4.subject_id, 1, 4) = 'ref_') THEN coalesce((SELECT coalesce('{}', '␁') AS coalesce_4
FROM referrals AS p13
WHERE p13.id = p4.subject_id AND (EXISTS (SELECT 1
FROM cases AS s11
WHERE (s11.district = $1::VARCHAR OR s11.organisation_id = $2::VARCHAR OR EXISTS (SELECT 1
FROM source_records AS s12
WHERE s12.organisation_id = $2::VARCHAR AND s12.case_id = s11.id) OR EXISTS (SELECT 1
FROM referrals AS s13
WHERE (s13.sender_id = $2::VARCHAR OR s13.receiver_id = $2::VARCHAR OR s13.lead_id = $2::VARCHAR OR EXISTS (SELECT 1
FROM referral_members AS s14
WHERE s14.organisation_id = $2::VARCHAR AND s14.referral_id = s13.id)) AND s13.case_id = s11.id)) AND s11.id = p13.case_id) OR p13.sender_id = $2::VARCHAR OR p13.receiver_id = $2::VARCHAR OR p13.lead_id = $2::VARCHAR OR EXISTS (SELECT 1
FROM referral_members AS s15
WHERE s15.organisation_id = $2::VARCHAR AND s15.referral_id = p13.id))), 'null') WHEN (substr(p4.subject_id, 1, 4) = 'src_') THEN coalesce((SELECT coalesce('{}', '␁') AS coalesce_5
FROM source_records AS p15
WHERE p15.id = p4.subject_id AND (EXISTS (SELECT 1
FROM cases AS s16
WHERE (s16.district = $1::VARCHAR OR s16.organisation_id = $2::VARCHAR OR EXISTS (SELECT 1
FROM source_records AS s17
WHERE s17.organisation_id = $2::VARCHAR AND s17.case_id = s16.id) OR EXISTS (SELECT 1
FROM referrals AS s18
WHERE (s18.sender_id = $2::VARCHAR OR s18.receiver_id = $2::VARCHAR OR s18.lead_id = $2::VARCHAR OR EXISTS (SELECT 1
FROM referral_members AS s19
WHERE s19.organisation_id = $2::VARCHAR AND s19.referral_id = s18.id)) AND s18.case_id = s16.id)) AND s16.id = p15.case_id) OR p15.organisation_id = $2::VARCHAR)), 'null') WHEN (substr(p4.subject_id, 1, 6) = 'alert_') THEN coalesce((SELECT coalesce('{}', '␁') AS coalesce_6
FROM supervision_alerts AS p17
WHERE p17.id = p4.subject_id AND (EXISTS (SELECT 1
FROM cases AS s20
WHERE (s20.district = $1::VARCHAR OR s20.organisation_id = $2::VARCHAR OR EXISTS (SELECT 1
FROM source_records AS s21
WHERE s21.organisation_id = $2::VARCHAR AND s21.case_id = s20.id) OR EXISTS (SELECT 1
FROM referrals AS s22
WHERE (s22.sender_id = $2::VARCHAR OR s22.receiver_id = $2::VARCHAR OR s22.lead_id = $2::VARCHAR OR EXISTS (SELECT 1
FROM referral_members AS s23
WHERE s23.organisation_id = $2::VARCHAR AND s23.referral_id = s22.id)) AND s22.case_id = s20.id)) AND s20.id = p17.case_id) OR p17.district = $1::VARCHAR OR p17.organisation_id = $2::VARCHAR)), 'null') ELSE 'null' END AS a0
FROM (SELECT t19.id AS id, t19.subject_id AS subject_id
FROM events AS t19
WHERE t19.case_id = j3.id ORDER BY t19.id ASC LIMIT 20 ) AS p4 LIMIT 20 ) AS r5) AS a0, j3.id AS a1
FROM q2 AS p0 LEFT OUTER JOIN cases AS j3 ON j3.id = p0.case_id ORDER BY p0.id ASC LIMIT 20 ) AS r1) || '}}'), '␁'), 'UTF8') AS answer
