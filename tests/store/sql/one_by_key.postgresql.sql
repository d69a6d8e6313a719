SELECT convert_to(coalesce(('{"data":{"case":' || coalesce((SELECT coalesce(('{"id":' || ('"' || p0.id || '"') || ',"title":' || CAST(to_json(p0.title) AS TEXT) || ',"state":' || ('"' || p0.state || '"') || ',"amount":' || coalesce((CASE WHEN p0.amount < 0 THEN '"-' ELSE '"' END || CAST(abs(p0.amount) / 100 AS TEXT) || '.' || lpad(CAST(abs(p0.amount) % 100 AS TEXT), 2, '0') || '"'), 'null') || ',"open":' || CAST((p0.state NOT IN ('NOT_ACCEPTED', 'MERGED', 'PERFORMED', 'CLOSED_FAILED', 'CLOSED', 'TRANSFERRED')) AS TEXT) || ',"registeredAt":' || ('"' || p0.registered_at || '"') || ',"dueOn":' || coalesce(('"' || CAST(p0.due_on AS TEXT) || '"'), 'null') || ',"online":' || CAST(p0.online AS TEXT) || ',"disputeType":' || CASE WHEN (j2.id IS NULL) THEN 'null' ELSE ('{"zh":' || CAST(to_json(j2.zh) AS TEXT) || '}') END || '}'), '␁') AS coalesce_1
FROM cases AS p0 LEFT OUTER JOIN codes AS j2 ON j2.id = ('code_dispute_type_' || p0.dispute_type)
WHERE p0.number = $1::VARCHAR AND (p0.district = $2::VARCHAR OR p0.organisation_id = $3::VARCHAR OR EXISTS (SELECT 1
FROM source_records AS s0
WHERE s0.organisation_id = $3::VARCHAR AND s0.case_id = p0.id) OR EXISTS (SELECT 1
FROM referrals AS s1
WHERE (s1.sender_id = $3::VARCHAR OR s1.receiver_id = $3::VARCHAR OR s1.lead_id = $3::VARCHAR OR EXISTS (SELECT 1
FROM referral_members AS s2
WHERE s2.organisation_id = $3::VARCHAR AND s2.referral_id = s1.id)) AND s1.case_id = p0.id))), 'null') || '}}'), '␁'), 'UTF8') AS answer
