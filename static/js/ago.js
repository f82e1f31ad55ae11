// Keeps "14 min ago" true on a page that stays open. Beyond a day the server's words stand.
const say = (minutes) => (minutes < 1 ? "just now" : minutes < 60 ? `${minutes} min ago` : `${Math.floor(minutes / 60)} h ago`);
setInterval(() => {
  for (const time of document.querySelectorAll("time[data-ago]")) {
    const minutes = Math.floor((Date.now() - Date.parse(time.dateTime)) / 60000);
    if (minutes >= 0 && minutes < 1440 && time.textContent !== say(minutes)) time.textContent = say(minutes);
  }
}, 30000);
