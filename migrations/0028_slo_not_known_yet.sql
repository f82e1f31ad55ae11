-- Whether an objective saw an incident is often not known when it is opened: whoever opens one at night has other things to do
-- than to look. It is asked again when the review is closed.
ALTER TABLE incident DROP CONSTRAINT incident_slo_known;
ALTER TABLE incident ADD CONSTRAINT incident_slo_known CHECK (slo_saw IN ('unknown', 'yes', 'no', 'none-declared'));
