UPDATE wins_origin SET told = md5('what they were told');
UPDATE wins_naming SET again = true;
