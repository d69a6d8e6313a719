WITH q2 AS
(SELECT t7.id AS id, t7.channel AS channel, t7.organisation_id AS organisation_id, t7.state AS state
FROM cases AS t7
WHERE t7.district = $1::VARCHAR OR t7.id IN (SELECT s0.id
FROM cases AS s0
WHERE s0.organisation_id = $2::VARCHAR UNION ALL SELECT s1.case_id
FROM source_records AS s1
WHERE s1.organisation_id = $2::VARCHAR UNION ALL SELECT s3.case_id
FROM referrals AS s3
WHERE s3.sender_id = $2::VARCHAR UNION ALL SELECT s5.case_id
FROM referrals AS s5
WHERE s5.receiver_id = $2::VARCHAR UNION ALL SELECT s7.case_id
FROM referrals AS s7
WHERE s7.lead_id = $2::VARCHAR UNION ALL SELECT s9.case_id
FROM referrals AS s9 JOIN referral_members AS s10 ON s10.referral_id = s9.id
WHERE s10.organisation_id = $2::VARCHAR) ORDER BY t7.id ASC LIMIT 2 )
 SELECT convert_to(coalesce(('{"data":{"cases":' || (SELECT ('{"nodes":[' || coalesce(string_agg(coalesce(((r1.a12 || CAST(r1.a0 AS TEXT) || ',' || CAST(r1.a1 AS TEXT) || ',' || CAST(r1.a2 AS TEXT) || ',' || CAST(r1.a3 AS TEXT) || ',' || CAST(r1.a4 AS TEXT) || ',' || CAST(r1.a5 AS TEXT) || ',' || CAST(r1.a6 AS TEXT) || ',' || CAST(r1.a7 AS TEXT) || ',' || CAST(r1.a8 AS TEXT) || ',' || CAST(r1.a9 AS TEXT) || ',' || CAST(r1.a10 AS TEXT) || '],"referrals":' || r1.a11) || ('}')), '␁'), ','), '') || ']}') AS joined_1
FROM (SELECT (SELECT count(*) AS count_1
FROM supplement_notices AS fact_counted
WHERE fact_counted.case_id = p0.id) AS a0, (SELECT count(*) AS count_2
FROM deadlines AS fact_counted
WHERE fact_counted.case_id = p0.id AND fact_counted.rule IN ('SUPPLEMENT') AND fact_counted.state IN ('OVERDUE')) AS a1, (SELECT count(*) AS count_3
FROM referrals AS fact_counted
WHERE fact_counted.case_id = p0.id AND fact_counted.type IN ('DELEGATE', 'ENTRUST', 'ASSIGN', 'FORWARD') AND fact_counted.state IN ('ISSUED', 'DELIVERED', 'ACCEPTED', 'IN_CONSENT', 'IN_MEDIATION', 'APPRAISAL', 'SUSPENDED')) AS a2, (SELECT count(*) AS count_4
FROM mode_choices AS fact_counted
WHERE fact_counted.case_id = p0.id AND fact_counted.side IN ('APPLICANT') AND fact_counted.answer IN ('CHOSEN')) AS a3, (SELECT count(*) AS count_5
FROM referrals AS fact_counted
WHERE fact_counted.case_id = p0.id AND fact_counted.type IN ('DELEGATE', 'ENTRUST', 'FORWARD')) AS a4, (SELECT count(*) AS count_6
FROM referrals AS fact_counted
WHERE fact_counted.case_id = p0.id AND fact_counted.type IN ('DELEGATE', 'ENTRUST', 'ASSIGN', 'FORWARD') AND fact_counted.state IN ('ACCEPTED', 'IN_CONSENT', 'IN_MEDIATION', 'APPRAISAL', 'SUSPENDED')) AS a5, (SELECT count(*) AS count_7
FROM referrals AS fact_counted
WHERE fact_counted.case_id = p0.id AND fact_counted.type IN ('DELEGATE', 'ENTRUST') AND fact_counted.state IN ('RETURNED')) AS a6, (SELECT count(*) AS count_8
FROM failure_notices AS fact_counted
WHERE fact_counted.case_id = p0.id AND fact_counted.receipted_on IS NOT NULL AND fact_counted.spent_on IS NULL) AS a7, (SELECT count(*) AS count_9
FROM referrals AS fact_counted
WHERE fact_counted.case_id = p0.id AND fact_counted.type IN ('DELEGATE', 'ENTRUST') AND fact_counted.state IN ('COMPLETED_AGREED', 'COMPLETED_FAILED')) AS a8, (SELECT count(*) AS count_10
FROM agreements AS fact_counted
WHERE fact_counted.case_id = p0.id) AS a9, (SELECT count(*) AS count_11
FROM deadlines AS fact_counted
WHERE fact_counted.case_id = p0.id AND fact_counted.rule IN ('UNMERGE') AND fact_counted.state IN ('OVERDUE')) AS a10, (SELECT ('{"nodes":[' || coalesce(string_agg(coalesce((r4.a7 || coalesce(CAST(to_json(r4.a0) AS TEXT), 'null') || ',' || coalesce(CAST(to_json(r4.a1) AS TEXT), 'null') || ',' || coalesce(CAST(to_json(r4.a2) AS TEXT), 'null') || ',' || CAST(r4.a3 AS TEXT) || ',' || CAST(r4.a4 AS TEXT) || ',' || CAST(r4.a5 AS TEXT) || ',' || CAST(r4.a6 AS TEXT) || ']}'), '␁'), ','), '') || ']}') AS joined_2
FROM (SELECT (SELECT fact_behind.organisation_id
FROM cases AS fact_behind
WHERE fact_behind.id = p3.case_id) AS a0, (SELECT fact_behind.severity
FROM cases AS fact_behind
WHERE fact_behind.id = p3.case_id) AS a1, (SELECT fact_behind.state
FROM cases AS fact_behind
WHERE fact_behind.id = p3.case_id) AS a2, (SELECT count(*) AS count_12
FROM referrals AS fact_counted
WHERE fact_counted.case_id = p3.case_id AND fact_counted.type IN ('DELEGATE', 'ENTRUST', 'ASSIGN', 'FORWARD') AND fact_counted.state IN ('ISSUED', 'DELIVERED', 'ACCEPTED', 'IN_CONSENT', 'IN_MEDIATION', 'APPRAISAL', 'SUSPENDED')) AS a3, (SELECT count(*) AS count_13
FROM deadlines AS fact_counted
WHERE fact_counted.referral_id = p3.id AND fact_counted.rule IN ('CONFIRMATION_OF_RECEIPT', 'ASSIGNMENT_RESPONSE', 'FORWARD_OBJECTION', 'JOINT_CONVENING') AND fact_counted.state IN ('OVERDUE')) AS a4, (SELECT count(*) AS count_14
FROM referrals AS fact_counted
WHERE fact_counted.redesignates_id = p3.id) AS a5, (SELECT count(*) AS count_15
FROM deadlines AS fact_counted
WHERE fact_counted.referral_id = p3.id AND fact_counted.rule IN ('DELEGATED_MEDIATION', 'ENTRUSTED_ORDINARY', 'ENTRUSTED_SUMMARY', 'PEOPLES_MEDIATION') AND fact_counted.state IN ('OVERDUE')) AS a6, ('{"availableActions":[1,' || coalesce(CAST(to_json(p3.case_id) AS TEXT), 'null') || ',' || coalesce(CAST(to_json(p3.court_id) AS TEXT), 'null') || ',' || coalesce(CAST(to_json(p3.id) AS TEXT), 'null') || ',' || coalesce(('"' || CAST(p3.recall_asked_on AS TEXT) || '"'), 'null') || ',' || coalesce(CAST(to_json(p3.receiver_id) AS TEXT), 'null') || ',' || coalesce(CAST(to_json(p3.sender_id) AS TEXT), 'null') || ',' || coalesce(CAST(to_json(p3.state) AS TEXT), 'null') || ',' || coalesce(CAST(to_json(p3.termination_reason) AS TEXT), 'null') || ',' || coalesce(CAST(to_json(p3.trial_procedure) AS TEXT), 'null') || ',' || coalesce(CAST(to_json(p3.type) AS TEXT), 'null') || ',') AS a7
FROM (SELECT t6.id AS id, t6.case_id AS case_id, t6.court_id AS court_id, t6.recall_asked_on AS recall_asked_on, t6.receiver_id AS receiver_id, t6.sender_id AS sender_id, t6.state AS state, t6.termination_reason AS termination_reason, t6.trial_procedure AS trial_procedure, t6.type AS type
FROM referrals AS t6
WHERE t6.case_id = p0.id ORDER BY t6.id ASC LIMIT 20 ) AS p3 LIMIT 20 ) AS r4) AS a11, ('{"availableActions":[0,' || coalesce(CAST(to_json(p0.channel) AS TEXT), 'null') || ',' || coalesce(CAST(to_json(p0.id) AS TEXT), 'null') || ',' || coalesce(CAST(to_json(p0.organisation_id) AS TEXT), 'null') || ',' || coalesce(CAST(to_json(p0.state) AS TEXT), 'null') || ',') AS a12
FROM q2 AS p0 LIMIT 2 ) AS r1) || '}}'), '␁'), 'UTF8') AS answer
