-- Indexes of shifts and hand-overs, as the statements that use them ask.
--
-- Calendars and renewals look at cancelled shifts too, which the indexes by schedule and by person left out: a schedule
-- was read whole, and for somebody's calendar all that ever was. Cancelled rows are kept for a month, so an index with them
-- is hardly larger, and serves those that look at the others as well.
DROP INDEX shift_schedule_idx;
CREATE INDEX shift_schedule_idx ON shift (schedule_id, ends_at);
DROP INDEX shift_person_idx;
CREATE INDEX shift_person_idx ON shift (person_id, ends_at) WHERE person_id IS NOT NULL;
-- what others took over from a person stands in that person's calendar, as gone
CREATE INDEX shift_instead_of_idx ON shift (instead_of_id, ends_at) WHERE instead_of_id IS NOT NULL;
-- asked every minute: whether somebody came back whose turns are still vacant
CREATE INDEX shift_vacant_idx ON shift (person_id, ends_at) WHERE holder = 'vacant' AND cancelled_at IS NULL;
-- no statement asks for everything in a range of time
DROP INDEX shift_span_idx;

-- Notes of all teams, the last change first; and those around an instant.
CREATE INDEX hand_over_at_idx ON hand_over (at DESC, id DESC);
