import type { OwnDevice } from './open-device.js'

export interface DeviceListener {
  /** A device was plugged in or out. */
  devicesChanged(): void
  /** The permission for a device was given or taken away, in the browser's settings or in the system's. */
  permissionChanged(device: OwnDevice, isAllowed: boolean): void
}

/** What the browser tells about devices and permissions, until `signal` is aborted. */
export function watchDevices(listener: DeviceListener, signal: AbortSignal): void {
  navigator.mediaDevices?.addEventListener('devicechange', () => listener.devicesChanged(), { signal })
  for (const device of ['microphone', 'camera'] as const) {
    void navigator.permissions?.query({ name: device as PermissionName }).then(
      (permission) => {
        const tell = () => listener.permissionChanged(device, permission.state === 'granted')
        permission.addEventListener('change', tell, { signal })
      },
      // This browser does not tell of this permission: there the person presses the button again.
      () => undefined,
    )
  }
}
