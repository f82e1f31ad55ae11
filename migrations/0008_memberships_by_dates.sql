-- Whose team it is follows from the dates of the membership and the instant of the call, everywhere. The function asked
-- for an open end alone, which counted who joins next month and forgot who leaves next month.
DROP FUNCTION teams_of(uuid);

-- An index of open ends cannot answer a question about dates.
DROP INDEX membership_person_idx;
DROP INDEX membership_team_idx;
CREATE INDEX membership_person_idx ON membership (person_id, valid_from);
CREATE INDEX membership_team_idx ON membership (team_id);
