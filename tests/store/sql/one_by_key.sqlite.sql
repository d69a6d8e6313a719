SELECT CAST(coalesce(('{"data":{"case":' || coalesce((SELECT coalesce(('{"id":' || ('"' || p0.id || '"') || ',"title":' || json_quote(p0.title) || ',"state":' || ('"' || p0.state || '"') || ',"amount":' || coalesce(CASE WHEN p0.amount IS NOT NULL THEN printf('"%s%d.%02d"', CASE WHEN p0.amount < 0 THEN '-' ELSE '' END, abs(p0.amount) / 100, abs(p0.amount) % 100) END, 'null') || ',"open":' || CASE (p0.state NOT IN ('NOT_ACCEPTED', 'MERGED', 'PERFORMED', 'CLOSED_FAILED', 'CLOSED', 'TRANSFERRED')) WHEN 1 THEN 'true' WHEN 0 THEN 'false' END || ',"registeredAt":' || ('"' || p0.registered_at || '"') || ',"dueOn":' || coalesce(('"' || CAST(p0.due_on AS TEXT) || '"'), 'null') || ',"online":' || CASE p0.online WHEN 1 THEN 'true' WHEN 0 THEN 'false' END || ',"disputeType":' || CASE WHEN (j2.id IS NULL) THEN 'null' ELSE ('{"zh":' || json_quote(j2.zh) || '}') END || '}'), '␁') AS coalesce_1
FROM cases AS p0 LEFT OUTER JOIN codes AS j2 ON j2.id = ('code_dispute_type_' || p0.dispute_type)
WHERE p0.number = ? AND (p0.district = ? OR p0.organisation_id = ? OR EXISTS (SELECT 1
FROM source_records AS s0
WHERE s0.organisation_id = ? AND s0.case_id = p0.id LIMIT 1) OR EXISTS (SELECT 1
FROM referrals AS s1
WHERE (s1.sender_id = ? OR s1.receiver_id = ? OR s1.lead_id = ? OR EXISTS (SELECT 1
FROM referral_members AS s2
WHERE s2.organisation_id = ? AND s2.referral_id = s1.id LIMIT 1)) AND s1.case_id = p0.id LIMIT 1))), 'null') || '}}'), '␁') AS BLOB) AS answer
