SELECT convert_to(coalesce(('{"data":{"node":' || coalesce((SELECT coalesce(('{"id":' || ('"' || p0.id || '"') || ',"__typename":"Case","number":' || CAST(to_json(p0.number) AS TEXT) || '}'), '␁') AS coalesce_1
FROM cases AS p0
WHERE p0.id = $1::VARCHAR AND (p0.district = $2::VARCHAR OR p0.organisation_id = $3::VARCHAR OR EXISTS (SELECT 1
FROM source_records AS s0
WHERE s0.organisation_id = $3::VARCHAR AND s0.case_id = p0.id) OR EXISTS (SELECT 1
FROM referrals AS s1
WHERE (s1.sender_id = $3::VARCHAR OR s1.receiver_id = $3::VARCHAR OR s1.lead_id = $3::VARCHAR OR EXISTS (SELECT 1
FROM referral_members AS s2
WHERE s2.organisation_id = $3::VARCHAR AND s2.referral_id = s1.id)) AND s1.case_id = p0.id))), 'null') || '}}'), '␁'), 'UTF8') AS answer
