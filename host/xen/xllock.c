/* SPDX-License-Identifier: MIT */
#include "host/xen/xllock.h"

#include <fcntl.h>
#include <unistd.h>

bool xllock_is_held(void)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	int fd = open(XLLOCK_PATH, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return false;
	bool held = fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
	close(fd);
	return held;
}
