// What Windows 8's and later ksmedia.h declares and mingw-w64's does not.
#ifndef P2P_KSMEDIA_EXTRAS_H
#define P2P_KSMEDIA_EXTRAS_H
#include <p2p_camera_extended.h>
#include <p2p_camera_frames.h>
#include <p2p_camera_guids.h>
#include <p2p_camera_legacy.h>
// Last: what follows are the driver's own.
#include <p2p_guid_struct.h>
#endif
