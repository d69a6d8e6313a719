SELECT CAST(coalesce(('{"data":{"node":' || coalesce((SELECT coalesce(('{"id":' || ('"' || p0.id || '"') || ',"__typename":"Case","number":' || json_quote(p0.number) || '}'), '␁') AS coalesce_1
FROM cases AS p0
WHERE p0.id = ? AND (p0.district = ? OR p0.organisation_id = ? OR EXISTS (SELECT 1
FROM source_records AS s0
WHERE s0.organisation_id = ? AND s0.case_id = p0.id LIMIT 1) OR EXISTS (SELECT 1
FROM referrals AS s1
WHERE (s1.sender_id = ? OR s1.receiver_id = ? OR s1.lead_id = ? OR EXISTS (SELECT 1
FROM referral_members AS s2
WHERE s2.organisation_id = ? AND s2.referral_id = s1.id LIMIT 1)) AND s1.case_id = p0.id LIMIT 1))), 'null') || '}}'), '␁') AS BLOB) AS answer
